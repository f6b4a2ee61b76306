"""OpenVINO's readers of TensorFlow and TensorFlow Lite files, and what their refusals mean in one sentence.

They parse untrusted bytes in C++, so they are only called in the preparing process, after our own readers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from loadstone.errors import UnsupportedModelError
from loadstone.runtime.engine import openvino

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

UNNAMED = "OpenVINO cannot read the graph"
"""What is said where OpenVINO names no operation."""

_NO_RULE = re.compile(r"No conversion rule found for operations: ([^\n]+)")
_FAILED_FOR = re.compile(r"Conversion is failed for: ([^\n]+)")
_NO_TRANSLATOR = re.compile(r"No translator found for (\S+) node")
_MESSAGE = re.compile(r"with a message:\n(.+)")


def convert(framework: str, path: Path, outputs: Sequence[str] = ()) -> Any:
    """Read a file or folder into an OpenVINO model; `framework` is `tf` or `tflite`.

    `outputs` are tensor names to stop at; whatever lies behind them is not converted.
    Raises `UnsupportedModelError` that names the operations which cannot be run.
    """
    openvino()
    frontend = openvino().frontend

    try:
        front = frontend.FrontEndManager().load_by_framework(framework)
        source = front.load(str(path))
        if outputs:
            source.override_all_outputs([_place(source, name) for name in outputs])
        return without_idle_inputs(front.convert(source))
    except _failures(frontend) as error:
        raise refusal(str(error)) from error


def without_idle_inputs(model: Any) -> Any:
    """Return the model without inputs that nothing reads, such as a training iterator's labels."""
    parameters = model.get_parameters()
    read = [parameter for parameter in parameters if parameter.output(0).get_target_inputs()]
    return openvino().Model(model.get_results(), read) if len(read) < len(parameters) else model


def _failures(frontend: Any) -> tuple[type[Exception], ...]:
    """Return what OpenVINO's readers raise; its own failures derive from nothing but `Exception`."""
    return (
        RuntimeError,
        ValueError,
        frontend.GeneralFailure,
        frontend.InitializationFailure,
        frontend.NotImplementedFailure,
        frontend.OpConversionFailure,
        frontend.OpValidationFailure,
    )


def _place(source: Any, name: str) -> Any:
    place = source.get_place_by_tensor_name(name)
    if place is None:
        raise UnsupportedModelError("the graph has no tensor of this name", found=name)
    return place


def refusal(message: str) -> UnsupportedModelError:
    """Return OpenVINO's many lines as one sentence that names the operation."""
    for pattern in (_NO_RULE, _NO_TRANSLATOR, _FAILED_FOR):
        if found := pattern.search(message):
            names = [name.strip() for name in found[1].split(",")]
            return UnsupportedModelError(
                f"the graph uses {_listed(names)}, which OpenVINO cannot run", found=_reason(message)
            )
    return UnsupportedModelError(UNNAMED, found=_reason(message))


def _listed(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names[:8]]
    more = f" and {len(names) - 8} more operations" if len(names) > 8 else ""
    kind = "the operation" if len(names) == 1 else "the operations"
    return f"{kind} {', '.join(quoted)}{more}"


def _reason(message: str) -> str:
    """Return the line that says why: the first message below an operation, else the last line that is not a place."""
    if found := _MESSAGE.search(message):
        return found[1].strip()[:200]
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("Check '", "Exception from", "FrontEnd API", "[", "To fac"))]
    return (told or lines or [""])[-1][:200]
