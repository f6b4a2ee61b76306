"""TensorFlow Lite → a network, through OpenVINO's reader; the detection operator is computed here.

Quantised networks run in floating point with the rounding of their tensors simulated, so that a score may differ by a
step of the quantisation (1/256 for a score in uint8) from TensorFlow Lite's whole-number arithmetic.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.errors import FormatError, LimitError
from loadstone.runtime.conversions.conversion import Conversion
from loadstone.runtime.conversions.frontends import convert
from loadstone.runtime.conversions.tflite_cut import POST_PROCESS, Cut, PostProcess, cut, quantum
from loadstone.runtime.conversions.tflite_postprocess import PostProcessOptions
from loadstone.runtime.endings import Ending, ending_of
from loadstone.runtime.families.ssd_families import family_of
from loadstone.runtime.found_labels import counted_from, found_labels
from loadstone.runtime.pictures.picture_input import AS_IS, SYMMETRIC, UNIT, Scaling
from loadstone.wire.flexbuffer import parse
from loadstone.wire.limits import PROTOBUF_BYTES, shown

if TYPE_CHECKING:
    from loadstone.facts import ModelFile
    from loadstone.formats.tflite_schema import TfliteTensor

DETECTOR_NOTE = "the file does not say how its pixels are scaled; [-1, 1] was assumed, as the SSD exports expect"
UNIT_NOTE = "the file does not say how its pixels are scaled; [0, 1] was assumed"


def convert_tflite(model: ModelFile) -> Conversion:
    """Convert a TFLite file."""
    parts = cut(_content(Path(model.source)))
    network = network_of(parts.data)
    labels = found_labels(model)
    if parts.post_process is not None:
        labels = counted_from(0, labels)
    elif found := family_of(network):
        return Conversion("tflite", network, found.scaling, found.ending, labels or found.labels, found.notes)
    scaling, notes = _scaling(model, parts)
    return Conversion("tflite", network, scaling, _ending(network, parts), labels, notes)


def _content(path: Path) -> bytes:
    size = path.stat().st_size
    if size > PROTOBUF_BYTES:
        raise LimitError(
            "the TFLite file is too long", where=str(path), expected=shown(PROTOBUF_BYTES), found=shown(size)
        )
    return path.read_bytes()


def network_of(data: bytes) -> Any:
    """Return the network of bytes that `cut` has changed: OpenVINO wants a file."""
    with tempfile.TemporaryDirectory(prefix="loadstone-") as folder:
        path = Path(folder) / "network.tflite"
        path.write_bytes(data)
        return convert("tflite", path)


def _scaling(model: ModelFile, parts: Cut) -> tuple[Scaling, tuple[str, ...]]:
    """Return what the network expects of a pixel: whole numbers as they are, else by the metadata, else assumed."""
    if any(tensor.dtype not in ("float32", "float16") for tensor in parts.inputs):
        return AS_IS, ()
    if stated := _stated(model):
        return stated, ()
    return (SYMMETRIC, (DETECTOR_NOTE,)) if parts.post_process else (UNIT, (UNIT_NOTE,))


def _stated(model: ModelFile) -> Scaling | None:
    """Return the normalisation in the metadata of the first input, None where it has none."""
    inputs = model.details.get("metadata", {}).get("inputs", [])
    facts = inputs[0] if inputs else {}
    mean, scale = facts.get("mean"), facts.get("std")
    if not mean or not scale or not all(scale):
        return None
    return Scaling(tuple(map(float, mean)), tuple(map(float, scale)))


def _ending(model: Any, parts: Cut) -> Ending:
    found = parts.post_process
    if found is None:
        return _plain_ending(model, parts)
    options = {
        "operator": options_of(found).as_json(),
        "encodings": _position(model, found.encodings),
        "scores": _position(model, found.scores),
        "encodings_scale": quantum(found.encodings),
        "scores_scale": quantum(found.scores),
    }
    return Ending("detection", "tflite-postprocess", options, {"anchors": found.anchors})


def options_of(found: PostProcess) -> PostProcessOptions:
    """Return the settings of the detection operator; `FormatError` where they make no sense."""
    options = parse(found.options)
    if not isinstance(options, dict):
        raise FormatError(f"the options of {POST_PROCESS} are not a map", found=type(options).__name__)
    return PostProcessOptions.from_options(options)


def _plain_ending(model: Any, parts: Cut) -> Ending:
    ending = ending_of(model)
    if ending.task != "classification" or len(parts.outputs) != 1:
        return ending
    return Ending(ending.task, ending.reading, {**ending.options, "scale": quantum(parts.outputs[0])})


def _position(model: Any, tensor: TfliteTensor) -> int:
    """Return which output of the network the tensor is."""
    for index, port in enumerate(model.outputs):
        if tensor.name in port.names:
            return index
    raise FormatError("the cut network does not have its output", expected=tensor.name)
