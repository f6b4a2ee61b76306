"""Every Keras configuration that a subject holds: of a whole model, of its training, of each recorded object.

What it is: JSON as data, from wherever the format keeps it. What it is not: a reader of layers, or a builder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from loadstone.checks.subject import Subject
from loadstone.errors import LoadstoneError
from loadstone.formats.registry import Candidate
from loadstone.wire.limits import TEXT_BYTES


@dataclass(frozen=True, slots=True)
class Configuration:
    """One configuration: where it stands (`model_config`, `config.json`), its value, and its training part if apart."""

    place: str
    value: Any
    training: Any = None


def configurations(subject: Subject) -> tuple[Configuration, ...]:
    """Return the subject's configurations. Raises `FormatError` for one that cannot be read."""
    candidate = subject.candidate
    readers = {"keras-h5": _hdf5, "keras-zip": _zip, "keras-config": _file, "tfjs-layers": _file}
    if candidate is None:
        return ()
    if subject.format in ("savedmodel", "tfhub-v1"):
        return tuple(_saved(subject, candidate))
    reader = readers.get(subject.format)
    return tuple(reader(candidate)) if reader else ()


def _hdf5(candidate: Candidate) -> Iterator[Configuration]:
    from loadstone.formats.keras.keras_attributes import text_attribute
    from loadstone.formats.keras.keras_facts import parse_config
    from loadstone.wire.hdf5 import Hdf5File

    root = Hdf5File(candidate.tree.view(candidate.name)).root
    if raw := text_attribute(root, "model_config"):
        training = text_attribute(root, "training_config")
        beside = parse_config(training, "training_config")[0] if training else None
        yield Configuration("model_config", parse_config(raw, "model_config")[0], beside)


def _zip(candidate: Candidate) -> Iterator[Configuration]:
    from loadstone.formats.keras.keras_facts import parse_config
    from loadstone.formats.keras_zip import CONFIG, METADATA, open_archive

    archive = open_archive(candidate)
    for name in (CONFIG, METADATA):
        if archive.has(name):
            yield Configuration(name, parse_config(archive.text(name), name)[0])


def _file(candidate: Candidate) -> Iterator[Configuration]:
    from loadstone.formats.keras.keras_facts import parse_config
    from loadstone.formats.keras.keras_yaml import is_yaml

    raw = candidate.tree.read(candidate.name, TEXT_BYTES)
    if not is_yaml(raw[:4096].lstrip()):
        yield Configuration(candidate.name.rpartition("/")[2], parse_config(raw, candidate.name)[0])


def _saved(subject: Subject, candidate: Candidate) -> Iterator[Configuration]:
    from loadstone.checks.views.graphs import meta_graphs
    from loadstone.formats.keras.keras_saved_metadata import METADATA_FILE, recorded_objects
    from loadstone.wire.json import parse_json

    name = candidate.beside(METADATA_FILE)
    graph = None
    if candidate.tree.size(name) is None:
        if subject.model is None or "keras" not in subject.model.details:
            return
        graphs = subject.view(meta_graphs)
        graph = graphs[0].message.message("object_graph_def") if graphs else None
    for found in recorded_objects(candidate.tree, name, graph):
        if found.metadata:
            try:
                yield Configuration(f"{METADATA_FILE}: {found.path}", parse_json(found.metadata, found.path))
            except LoadstoneError:
                # What is broken in one object's text is told by reading; the other objects are looked at all the same.
                continue
