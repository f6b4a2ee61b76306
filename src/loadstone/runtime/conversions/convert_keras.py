"""Keras classifiers → a network: HDF5 and `.keras`, any version whose layers stock Keras 3 has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.dialects import Rewritten, rewrite
from loadstone.errors import FormatError, UnsupportedModelError
from loadstone.formats.keras.keras_attributes import text_attribute
from loadstone.formats.keras.keras_facts import parse_config
from loadstone.formats.keras_zip import CONFIG, open_archive
from loadstone.formats.registry import locate
from loadstone.runtime.conversions.conversion import Conversion
from loadstone.runtime.endings import ending_of
from loadstone.runtime.found_labels import counted_from, found_labels
from loadstone.runtime.keras.keras_build import network_of
from loadstone.runtime.keras.keras_dialect import cleaned
from loadstone.runtime.keras.keras_scaling import scaling_of
from loadstone.runtime.keras.keras_weights import re_laid, set_by_path, set_legacy
from loadstone.wire.hdf5 import Hdf5File

if TYPE_CHECKING:
    from loadstone.facts import ModelFile

PICTURE_RANK = 4
"""Batch, height, width, channels."""


def convert_keras_h5(model: ModelFile) -> Conversion:
    """Convert a whole model in HDF5."""
    candidate = locate(model.source)
    file = Hdf5File(candidate.tree.view(candidate.name))
    raw = text_attribute(file.root, "model_config")
    if not raw:
        raise FormatError("the file has weights but no `model_config`", where=model.source)
    config, _ = parse_config(raw, "model_config")
    found = rewrite(config, container="archive", source=_version(model, file), backend=_backend(file))
    network = network_of(_checked(model, found), lambda made: set_legacy(made, file, found))
    return _converted(model, network, config)


def _version(model: ModelFile, file: Hdf5File) -> str:
    """Return the Keras that wrote a file; the oldest did not say so."""
    group = file.find("model_weights")
    return model.producer.get("keras") or (text_attribute(group, "keras_version") if group else "")


def _backend(file: Hdf5File) -> str:
    group = file.find("model_weights")
    return text_attribute(file.root, "backend") or (text_attribute(group, "backend") if group else "")


def convert_keras_zip(model: ModelFile) -> Conversion:
    """Convert a `.keras` archive."""
    archive = open_archive(locate(model.source))
    config, _ = parse_config(archive.text(CONFIG), CONFIG)
    found = rewrite(config, container="archive", source=model.producer.get("keras", ""))
    arrays = re_laid({name.replace("\\", "/"): tensor for name, tensor in model.tensors.items()}, found)
    network = network_of(_checked(model, found), lambda made: set_by_path(made, arrays))
    return _converted(model, network, config)


def _checked(model: ModelFile, found: Rewritten) -> dict[str, Any]:
    """Return the cleaned configuration; refuse a model that does not take one picture, before Keras is asked.

    What the file leaves open passes.
    """
    made = cleaned(found.config)
    shapes = [spec.shape for spec in model.inputs]
    if all(shape is None or len(shape) == PICTURE_RANK for shape in shapes) and len(shapes) <= 1:
        return made
    told = ", ".join(f"`{spec.name}` {spec.shape}" for spec in model.inputs[:4])
    raise UnsupportedModelError(
        "the model does not take one picture", where=model.source, expected="one input of four axes", found=told
    )


def _converted(model: ModelFile, network: Any, config: Any) -> Conversion:
    ending = ending_of(network)
    labels = found_labels(model)
    scaling, notes = scaling_of(config, Path(model.source), labels)
    if ending.task == "classification":
        labels = counted_from(0, labels)
    return Conversion(model.format, network, scaling, ending, labels, notes)
