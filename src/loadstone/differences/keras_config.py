"""The configuration inside a Keras file, as a JSON value, for comparison.

What it is: `model_config` of HDF5, `config.json` of `.keras`, a JSON file itself. What it is not: a reader of layers.
"""

from __future__ import annotations

from typing import Any

from loadstone.errors import LoadstoneError
from loadstone.facts import ModelFile
from loadstone.formats.keras.keras_attributes import text_attribute
from loadstone.formats.keras.keras_facts import parse_config
from loadstone.formats.keras_zip import open_archive
from loadstone.formats.registry import Candidate
from loadstone.wire.hdf5 import Hdf5File
from loadstone.wire.limits import TEXT_BYTES


def configuration(candidate: Candidate, model: ModelFile) -> Any:
    """Return the model's configuration; None where the container has none, or it cannot be read."""
    try:
        if model.format == "keras-h5":
            raw = text_attribute(Hdf5File(candidate.tree.view(candidate.name)).root, "model_config")
            return parse_config(raw, "model_config")[0] if raw else None
        if model.format == "keras-zip":
            return parse_config(open_archive(candidate).text("config.json"), "config.json")[0]
        if model.format == "keras-config":
            return parse_config(candidate.tree.read(candidate.name, TEXT_BYTES), candidate.name)[0]
    except LoadstoneError:
        # The comparison of tensors stands without it; reading the file itself tells what is broken.
        return None
    return None
