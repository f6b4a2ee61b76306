"""TF Hub's first format: a SavedModel with `tfhub_module.pb` beside it.

What it is: the SavedModel under another format name, with what the marker file says. Modules of the second format have
no marker and are SavedModels. Specification: tensorflow_hub/module_def.proto, tensorflow_hub/native_module.py.
"""

from __future__ import annotations

from dataclasses import replace

from loadstone.errors import LoadstoneError
from loadstone.facts import ModelFile
from loadstone.formats import savedmodel
from loadstone.formats.checkpoint.shards import file_fact, lacks, shortage
from loadstone.formats.registry import Candidate
from loadstone.formats.savedmodel_files import HUB_FILE, NAMES
from loadstone.wire.limits import KIB
from loadstone.wire.protobuf import Message
from loadstone.wire.schemas.saved_model import HUB_MODULE

FORMAT = "tfhub-v1"
_V3 = 3


def sniff(candidate: Candidate) -> bool:
    """Return whether the marker is here: in the folder, as the file itself, or beside its SavedModel."""
    if candidate.tree.size(candidate.beside(HUB_FILE)) is None:
        return False
    return candidate.is_folder or candidate.name.rpartition("/")[2] in (HUB_FILE, *NAMES)


def read(candidate: Candidate) -> ModelFile:
    """Read a TF Hub module. Raises `FormatError` where its `saved_model.pb` is broken."""
    model = savedmodel.read(candidate)
    marker = file_fact(candidate.tree, candidate.beside(HUB_FILE), "hub-module")
    fact = savedmodel.relative(marker, candidate.folder)
    notes = [shortage(fact)] if lacks(fact) else _marker_notes(candidate)
    return replace(
        model,
        format=FORMAT,
        complete=model.complete and not lacks(fact),
        files=(*model.files[:1], fact, *model.files[1:]),
        notes=(*notes, *model.notes),
    )


def _marker_notes(candidate: Candidate) -> list[str]:
    name = candidate.beside(HUB_FILE)
    try:
        message = Message(candidate.tree.read(name, 64 * KIB), HUB_MODULE)
        version, features = message.uint("format"), message.texts("required_features")
    except LoadstoneError as error:
        return [f"{HUB_FILE} cannot be read: {error}"]
    notes = []
    if version != _V3:
        notes.append(f"{HUB_FILE} states the format {version}; the only one that was ever released is {_V3}")
    if features:
        notes.append(f"the module asks for features of its loader: {', '.join(features)}")
    return notes
