"""A list of class names, one per line, that was named as a source: `labels.txt`, `labelmap.txt`, `obj.names`.

What it is: the reader of such a file by itself. What it is not: label maps (`label_map`), or the choice of the list
that belongs to a model (`labels.labels_beside`). Specification: none; any text could be one, so the name decides.
"""

from __future__ import annotations

from loadstone.facts import FileFact, ModelFile
from loadstone.formats.labels import candidates, looks_like_labels, parse_labels
from loadstone.formats.registry import Candidate
from loadstone.wire.limits import LABEL_BYTES


def sniff(candidate: Candidate) -> bool:
    """Return whether the file's name says labels, and its text can be a list of them."""
    name = candidate.name.rpartition("/")[2]
    if not name.endswith((".txt", ".names")) or candidate.size > LABEL_BYTES:
        return False
    return candidate.name in candidates(candidate.tree, candidate.folder) and looks_like_labels(candidate.head)


def read(candidate: Candidate) -> ModelFile:
    """Return the names. Raises `FormatError` for bytes that are no UTF-8 text."""
    labels = parse_labels(candidate.tree.read(candidate.name, LABEL_BYTES))
    return ModelFile(
        source=candidate.source,
        format="label-map",
        files=(FileFact(candidate.name.rpartition("/")[2], "labels", candidate.size),),
        labels=labels,
    )
