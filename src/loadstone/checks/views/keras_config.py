"""A Keras file's configurations and versions, and the same in the words of what is to load it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from loadstone.checks.subject import Subject
from loadstone.dialects import LATEST, Rewritten, Target, rewrite, target_of
from loadstone.dialects.ledger import Container
from loadstone.errors import FormatError, LoadstoneError
from loadstone.formats.keras.keras_attributes import text_attribute
from loadstone.formats.keras.keras_facts import parse_config
from loadstone.formats.keras.keras_layers import is_object, text
from loadstone.formats.keras_zip import CONFIG, METADATA, KerasArchive, open_archive
from loadstone.formats.registry import Candidate
from loadstone.wire.hdf5 import Hdf5File
from loadstone.wire.json import parse_json
from loadstone.wire.limits import TEXT_BYTES


@dataclass(frozen=True, slots=True)
class KerasFile:
    """What a Keras file says of its model; `config` is None where it holds weights alone.

    `training` is the HDF5 attribute; an archive's stands inside `config`. `place` is how messages call the
    configuration. Of `file` and `archive` the one is set that the container has.
    """

    container: Container
    config: Any
    training: Any
    keras: str
    backend: str
    place: str
    file: Hdf5File | None = None
    archive: KerasArchive | None = None


def keras_file(subject: Subject) -> KerasFile | None:
    """Return the subject as a Keras file; None where it is none, or its configuration cannot be read."""
    if subject.candidate is None:
        return None
    try:
        return opened(subject.candidate, subject.format)
    except LoadstoneError:
        # Reading the model has said what is broken.
        return None


def opened(candidate: Candidate, kind: str) -> KerasFile | None:
    """Read the configuration of a Keras file of this format; None for another format."""
    if kind in ("keras-h5", "keras-h5-weights"):
        return _hdf5(Hdf5File(candidate.tree.view(candidate.name)))
    if kind == "keras-zip":
        return _archive(open_archive(candidate))
    if kind == "keras-config":
        return _json(candidate)
    return None


def _hdf5(file: Hdf5File) -> KerasFile:
    root = file.root
    raw, training = text_attribute(root, "model_config"), text_attribute(root, "training_config")
    node = root if raw else file.find("model_weights") or root
    return KerasFile(
        "hdf5",
        parse_config(raw, "model_config")[0] if raw else None,
        parse_config(training, "training_config")[0] if training else None,
        text_attribute(node, "keras_version"),
        text_attribute(node, "backend"),
        "model_config",
        file=file,
    )


def _archive(archive: KerasArchive) -> KerasFile:
    metadata = parse_json(archive.text(METADATA), METADATA) if archive.has(METADATA) else {}
    version = text(metadata.get("keras_version")) if isinstance(metadata, dict) else ""
    config = parse_config(archive.text(CONFIG), CONFIG)[0]
    return KerasFile("archive", config, None, version, "", CONFIG, archive=archive)


def _json(candidate: Candidate) -> KerasFile | None:
    raw = candidate.tree.read(candidate.name, TEXT_BYTES)
    try:
        config = parse_config(raw, candidate.name)[0]
    except FormatError:
        # YAML, of which the class names alone are read.
        return None
    recorded = config if isinstance(config, dict) else {}
    name = candidate.name.rpartition("/")[2]
    return KerasFile("json", config, None, text(recorded.get("keras_version")), text(recorded.get("backend")), name)


def target_for(subject: Subject) -> Target:
    """Return the Keras that the subject is to load in; the newest that is known where the environment has none."""
    return target_of(subject.environment) or LATEST


def in_targets_words(subject: Subject) -> Rewritten | None:
    """Return the subject's configuration as its target reads it; None where there is none to read."""
    found = subject.view(keras_file)
    if found is None or not is_object(found.config):
        return None
    return rewrite(
        found.config,
        found.training,
        target=target_for(subject),
        container=found.container,
        source=found.keras,
        backend=found.backend,
    )
