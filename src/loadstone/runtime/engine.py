"""The engine: a prepared network, loaded into OpenVINO and run.

What it is: the only place that talks to a compiled network. What it is not: a converter of models (`prepare`),
or a reader of outputs (`readings`).
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from loadstone.errors import EnvironmentLacksError, FormatError
from loadstone.runtime.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    import numpy.typing as npt

SETTINGS = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
"""One picture at a time, and float32 throughout: processors with bfloat16 would otherwise round scores to 3 digits."""


NOT_NEEDED = ("openvino_telemetry", "openvino.tools.ovc")
"""What importing OpenVINO would import besides."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A network as the cache holds it.

    `network` is OpenVINO's exported form for one device and one version of OpenVINO. `arrays` are constants that
    reading the outputs needs, such as anchors `(N, 4)`. `later` are further networks, in the same form, that the
    reading runs on what the first one gave: the second stage of a two-stage detector.
    """

    manifest: Manifest
    network: bytes
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    later: tuple[bytes, ...] = ()


def openvino() -> ModuleType:
    """Import OpenVINO without its telemetry; `EnvironmentLacksError` where OpenVINO is not installed.

    Importing `openvino` sends an event over the network and writes a client id to the home folder, unless the package
    `openvino_telemetry` cannot be imported: then it uses its own empty stub. So that import is made to fail, once.
    So is that of `openvino.tools.ovc`, a fifth of the whole import, which `openvino` can do without:
    `openvino.convert_model`, the one name that it would have brought, imports it when it is called.
    """
    if (loaded := sys.modules.get("openvino")) is not None:
        return loaded
    if importlib.util.find_spec("openvino") is None:
        raise EnvironmentLacksError(
            "running a model needs OpenVINO, which is not installed", help="pip install 'loadstone[detect]'"
        )
    absent = [name for name in NOT_NEEDED if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        import openvino
    finally:
        for name in absent:
            del sys.modules[name]
    if not hasattr(openvino, "convert_model"):
        openvino.convert_model = _convert_model
    return openvino  # type: ignore[no-any-return]


def _convert_model(*arguments: Any, **options: Any) -> Any:
    """`openvino.convert_model`, imported when it is called."""
    from openvino.tools import ovc

    return ovc.convert_model(*arguments, **options)


class Network:
    """A compiled network. Not for use from two threads at once. `streams` is how many inputs it runs side by side."""

    def __init__(self, exported: bytes, device: str, streams: int = 1) -> None:
        ov = openvino()
        side_by_side = {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": str(streams)} if streams > 1 else {}
        try:
            compiled = ov.Core().import_model(exported, device, {**SETTINGS, **side_by_side})
        except RuntimeError as error:
            raise FormatError(
                "OpenVINO does not take the prepared network back", found=_first_line(error), help="prepare it again"
            ) from error
        self._request = compiled.create_infer_request()
        self._count = len(compiled.outputs)
        self._queue = ov.AsyncInferQueue(compiled, streams) if streams > 1 else None

    def infer(self, *inputs: npt.NDArray[Any]) -> Sequence[npt.NDArray[Any]]:
        """Run once. The outputs are views that the next call overwrites."""
        results = self._request.infer(inputs, share_inputs=True, share_outputs=True)
        return [results[index] for index in range(self._count)]

    def infer_all(self, inputs: Sequence[npt.NDArray[Any]]) -> list[Sequence[npt.NDArray[Any]]]:
        """Run once for each input, side by side; return copies of the outputs, in the order of the inputs."""
        if self._queue is None:
            return [[output.copy() for output in self.infer(one)] for one in inputs]
        found: list[Sequence[npt.NDArray[Any]]] = [() for _ in inputs]

        def keep(request: Any, place: int) -> None:
            found[place] = [request.get_output_tensor(index).data.copy() for index in range(self._count)]

        self._queue.set_callback(keep)
        for place, one in enumerate(inputs):
            self._queue.start_async([one], place, share_inputs=True)
        self._queue.wait_all()
        return found


def _first_line(error: RuntimeError) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "")[:200]
