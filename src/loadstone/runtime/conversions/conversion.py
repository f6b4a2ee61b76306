"""What a converter of one model format hands over: a network that takes pictures, and how to read its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loadstone.errors import UnsupportedModelError
from loadstone.runtime.endings import Ending
from loadstone.runtime.engine import SETTINGS, Prepared, openvino
from loadstone.runtime.manifest import Manifest
from loadstone.runtime.pictures.picture_input import Scaling, with_picture_input
from loadstone.runtime.shortcut import pictures, shortcut


@dataclass(frozen=True, slots=True)
class Conversion:
    """One model, converted. `model` is an OpenVINO model whose one input is a picture as `scaling` describes it.

    `later` are OpenVINO models that the reading runs after it, in their order.
    """

    source_format: str
    model: Any
    scaling: Scaling
    ending: Ending
    labels: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warm_up: bool = False
    later: tuple[Any, ...] = ()


def finish(conversion: Conversion, device: str, precision: str = "float32") -> Prepared:
    """Put the picture's way in front, compile for the device, and export; raises `UnsupportedModelError`.

    `precision` is one of `quantise.PRECISIONS`.
    """
    return _finished(conversion, device, precision, shortened=True)


def compiled_whole(conversion: Conversion, device: str) -> Prepared:
    """As `finish`, but the network runs to its very end, without a shorter way: what a comparison needs."""
    return _finished(conversion, device, "float32", shortened=False)


def _finished(conversion: Conversion, device: str, precision: str, *, shortened: bool) -> Prepared:
    model, size = with_picture_input(conversion.model, conversion.scaling)
    notes = conversion.notes
    if precision != "float32":
        from loadstone.runtime.quantise import NOTES, in_precision

        model = in_precision(model, precision, pictures())
        notes = (*notes, NOTES[precision])
    compiled, ending = _compiled(model, device), conversion.ending
    if shortened and (found := shortcut(model, ending, compiled, lambda shorter: _compiled(shorter, device))):
        compiled, ending = found
    manifest = Manifest(
        source_format=conversion.source_format,
        task=ending.task,
        reading=ending.reading,
        options=ending.options,
        input_size=size,
        preprocessing=str(conversion.scaling),
        labels=conversion.labels,
        notes=notes,
        warm_up=conversion.warm_up,
    )
    later = tuple(_compiled(stage, device).export_model().getvalue() for stage in conversion.later)
    return Prepared(manifest, compiled.export_model().getvalue(), ending.arrays, later)


def _compiled(model: Any, device: str) -> Any:
    try:
        return openvino().Core().compile_model(model, device, SETTINGS)
    except RuntimeError as error:
        line = str(error).strip().splitlines()[-1]
        raise UnsupportedModelError(f"OpenVINO cannot compile the network for {device}", found=line[:200]) from error
