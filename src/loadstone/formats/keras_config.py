"""A Keras configuration in a file of its own: the JSON of `to_json`, or the YAML of `to_yaml`, and weights beside it.

What it is: the JSON as data, in the dialects that `keras_layers` knows; of YAML, the class names that stand on lines
of their own. What it is not: a YAML parser. A YAML tag may name any Python object to be made (CVE-2021-37678), so
tags are named, and nothing is evaluated.
"""

from __future__ import annotations

import re
from typing import Any

from loadstone.errors import LoadstoneError
from loadstone.facts import FileFact, ModelFile, Tensors
from loadstone.formats.hdf5_tensors import Contents, read_contents
from loadstone.formats.keras.keras_facts import KerasFacts, config_facts, parse_config
from loadstone.formats.keras.keras_layers import text
from loadstone.formats.keras.keras_yaml import is_yaml, yaml_facts
from loadstone.formats.keras_h5 import role_of
from loadstone.formats.registry import Candidate
from loadstone.wire.hdf5 import SIGNATURE, Hdf5File
from loadstone.wire.limits import TEXT_BYTES

_TAIL_BYTES = 512
_MODEL_CLASS = re.compile(rb'\\?"class_name\\?"\s*:\s*\\?"(?:Sequential|Model|Functional|Graph)\\?"')
_WEIGHTS = (
    "{}.h5", "{}.hdf5", "{}.weights.h5", "{}_weights.h5", "{}.weights.hdf5", "{}_weights.hdf5", "model.weights.h5",
    "model_weights.h5", "weights.h5", "weights.hdf5", "model.h5",
)  # fmt: skip
"""Where people keep the weights of a configuration, by its stem, in order."""


def sniff(candidate: Candidate) -> bool:
    """Return whether a text is a Keras model's configuration in JSON (also encoded twice) or YAML."""
    if candidate.is_folder:
        return False
    head = candidate.head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:1] not in (b"{", b'"'):
        return is_yaml(head)
    if _MODEL_CLASS.search(head):
        return True
    tail = bytes(candidate.tree.view(candidate.name)[-_TAIL_BYTES:])
    return b"class_name" in head and (b"keras_version" in head or b"keras_version" in tail)


def read(candidate: Candidate) -> ModelFile:
    """Read a configuration, and the weights beside it where there are any."""
    raw = candidate.tree.read(candidate.name, TEXT_BYTES)
    if is_yaml(raw[:4096].lstrip()):
        facts, producer, notes = yaml_facts(raw)
    else:
        facts, producer, notes = _json_facts(raw, candidate.name)
    weights = weights_beside(candidate)
    contents = _contents(candidate, weights)
    files = [FileFact(candidate.name.rpartition("/")[2], "config", candidate.size)]
    if weights:
        files.append(FileFact(weights.rpartition("/")[2], "weights", candidate.tree.size(weights)))
    return ModelFile(
        source=candidate.source,
        format="keras-config",
        complete=contents.complete,
        files=tuple(files),
        producer=producer,
        inputs=facts.inputs,
        outputs=facts.outputs,
        tensors=Tensors(contents.tensors),
        layers=facts.layers,
        custom=facts.custom,
        notes=(*notes, *facts.notes, *contents.notes),
        details=facts.details,
    )


def _json_facts(raw: bytes, where: str) -> tuple[KerasFacts, dict[str, str], tuple[str, ...]]:
    config, notes = parse_config(raw, where)
    recorded: dict[str, Any] = config if isinstance(config, dict) else {}
    producer = {"keras": text(recorded.get("keras_version")), "backend": text(recorded.get("backend"))}
    return config_facts(config), {key: value for key, value in producer.items() if value}, notes


def weights_beside(candidate: Candidate) -> str | None:
    """Return the tree name of the HDF5 file that holds a configuration's weights, by the names in use."""
    stem = candidate.name.rpartition("/")[2].rpartition(".")[0]
    for pattern in _WEIGHTS:
        name = candidate.beside(pattern.format(stem))
        if candidate.tree.size(name) and candidate.tree.head(name, len(SIGNATURE)) == SIGNATURE:
            return name
    return None


def _contents(candidate: Candidate, weights: str | None) -> Contents:
    if weights is None:
        return Contents((), ("no weights lie beside this configuration under any of the usual names",), complete=False)
    try:
        file = Hdf5File(candidate.tree.view(weights))
        contents = read_contents(file, role_of)
    except LoadstoneError as error:
        return Contents((), (f"the weights cannot be read: {error.at(weights)}",), complete=False)
    notes = (f"the weights are taken from {weights.rpartition('/')[2]}", *contents.notes)
    return Contents(contents.tensors, notes, complete=contents.complete and not file.bytes_short)
