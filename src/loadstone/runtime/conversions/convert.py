"""Which converter runs which format: a visible table, and the choice among several models in one folder.

This runs in the preparing process only. What it is not: a judge of files; `formats` has read them before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from loadstone.errors import NotAModelError, UnsupportedModelError
from loadstone.facts import ModelFile
from loadstone.formats.kinds.other_engines import engine_help
from loadstone.formats.registry import open_source
from loadstone.runtime.conversions.conversion import Conversion
from loadstone.runtime.conversions.frontends import UNNAMED
from loadstone.runtime.keras.keras_containers import as_checkpoint
from loadstone.runtime.rebuilt import rebuild_any
from loadstone.runtime.wish import AS_FOUND, Wish


def _frozen_graph(model: ModelFile) -> Conversion:
    from loadstone.runtime.conversions.convert_graph import convert_frozen

    return convert_frozen(model)


def _savedmodel(model: ModelFile) -> Conversion:
    from loadstone.runtime.conversions.convert_graph import convert_savedmodel

    return convert_savedmodel(model)


def _metagraph(model: ModelFile) -> Conversion:
    from loadstone.runtime.conversions.convert_metagraph import convert_metagraph

    return convert_metagraph(model)


def _tflite(model: ModelFile) -> Conversion:
    from loadstone.runtime.conversions.convert_tflite import convert_tflite

    return convert_tflite(model)


def _keras_h5(model: ModelFile) -> Conversion:
    from loadstone.runtime.conversions.convert_keras import convert_keras_h5

    return convert_keras_h5(model)


def _keras_zip(model: ModelFile) -> Conversion:
    from loadstone.runtime.conversions.convert_keras import convert_keras_zip

    return convert_keras_zip(model)


CONVERTERS: dict[str, Callable[[ModelFile], Conversion]] = {
    "frozen-graph": _frozen_graph,
    "savedmodel": _savedmodel,
    "tflite": _tflite,
    "keras-zip": _keras_zip,
    "keras-h5": _keras_h5,
    "metagraph": _metagraph,
}
"""Format → converter."""

STRING_OPERATIONS = (
    "ParseExample", "ParseExampleV2", "ParseSingleExample", "DecodeJpeg", "DecodePng", "DecodeImage", "DecodeBmp",
    "DecodeRaw", "DecodeBase64", "StringSplit", "StringJoin", "RegexReplace", "AsString", "LookupTableFindV2",
)  # fmt: skip
"""TensorFlow's operations on texts and encoded bytes."""

REFUSALS = {
    "checkpoint-v1": "a checkpoint holds a model's weights without its graph",
    "checkpoint-v2": "a checkpoint holds a model's weights without its graph",
    "keras-h5-weights": "the file holds a Keras model's weights without its layers",
    "keras-config": "the file describes a Keras model without its weights",
    "tfjs-layers": "a TensorFlow.js model cannot be run here",
    "tfjs-graph": "a TensorFlow.js model cannot be run here",
    "tfhub-v1": "a TensorFlow Hub v1 module is a part of a graph, not a whole one",
    "pipeline-config": "a pipeline.config describes a model without its weights",
    "label-map": "a label map names classes; it is no model",
    "tfrecord": "a TFRecord file holds training data; it is no model",
}


SAID = "this file is "
"""How the note of a file that is no model of TensorFlow or Keras begins."""


def convert_model(source: str, wish: Wish = AS_FOUND) -> Conversion:
    """Read the source and convert the model in it; raises `UnsupportedModelError` where nothing here can run it.

    What is wished for is had by rebuilding the detector, or not at all.
    """
    model = open_source(source)
    if wish:
        return _as_wished(model, wish)
    rebuilt, failed = _rebuilt(model)
    if rebuilt is not None:
        return rebuilt
    found = runnable(model)
    if found is None:
        raise failed or _refusal(model)
    # Where no file is missing but something in one, the converter finds it and says what it is.
    if found.failure is not None:
        raise found.failure
    if missing(found):
        raise _incomplete(found)
    try:
        conversion = CONVERTERS[found.format](found)
    except UnsupportedModelError as error:
        raise _named(error, found) from error
    notes = () if failed is None else (f"run as the graph it is, not rebuilt: {failed.fact}",)
    return replace(conversion, notes=(*notes, *conversion.notes))


def _as_wished(model: ModelFile, wish: Wish) -> Conversion:
    """Rebuild the detector as it was asked for, from the first part that has its weights."""
    from loadstone.runtime.conversions.convert_rebuilt import conversion_of

    return conversion_of(rebuild_any(model, wish))


def _named(error: UnsupportedModelError, model: ModelFile) -> UnsupportedModelError:
    """Name the operation where OpenVINO did not: it knows no strings, and says so in many ways."""
    strings = [operation for operation in STRING_OPERATIONS if operation in model.ops]
    if error.fact == UNNAMED and strings:
        return UnsupportedModelError(f"the graph uses `{strings[0]}`, and OpenVINO has no strings", where=model.source)
    return error


def _rebuilt(model: ModelFile) -> tuple[Conversion | None, UnsupportedModelError | None]:
    """Rebuild the first part of the source that is a detector known whole; weights without a graph will do.

    Where none is, return why the first one is not: one with a graph is run as that graph.
    """
    from loadstone.runtime.conversions.convert_rebuilt import convert_rebuilt

    failed: UnsupportedModelError | None = None
    for part in map(as_checkpoint, (model, *model.parts)):
        # A training's weights are described by the folder that they lie in, whatever their names show.
        if part.detector is None and part.format != "safetensors":
            continue
        try:
            conversion = convert_rebuilt(part)
        except UnsupportedModelError as error:
            failed = failed or error
            if part.format in CONVERTERS:
                return None, failed
            continue
        if conversion is not None:
            return conversion, None
    return None, failed


def runnable(model: ModelFile) -> ModelFile | None:
    """Return the model or the part of its folder to run, a complete one first; None where there is none."""
    found = [part for part in (model, *model.parts) if part.format in CONVERTERS]
    return next((part for part in found if part.complete), found[0] if found else None)


def missing(model: ModelFile) -> list[str]:
    """Return the model's files that are not whole here."""
    return [file.path for file in model.files if file.state != "present"]


def _incomplete(model: ModelFile) -> UnsupportedModelError:
    return UnsupportedModelError(
        "the model is not complete, so it cannot be run",
        where=model.source,
        expected=", ".join(missing(model)[:5]),
        help=f"loadstone inspect {model.source}",
    )


def _refusal(model: ModelFile) -> UnsupportedModelError | NotAModelError:
    if model.format in REFUSALS and missing(model):
        return _incomplete(model)
    if reason := REFUSALS.get(model.format):
        return UnsupportedModelError(reason, where=model.source)
    return NotAModelError(
        f"nothing here can run this: it is {_in_words(model)}",
        where=model.source,
        expected="a detector of TensorFlow or Keras",
        help=engine_help(model.format, model.source) or f"loadstone inspect {model.source}",
    )


def _in_words(model: ModelFile) -> str:
    """Return what a file is as its reader says it (`an ONNX model made by pytorch`), else its format."""
    said = next((note for note in model.notes if note.startswith(SAID)), "")
    return said.removeprefix(SAID) or model.format
