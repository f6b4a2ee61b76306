"""The class names that belong to a model's own class ids: from the file itself, else from beside it.

Lists of names count from 0 or from 1, and so do models; which of both a list means is told by its first number.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from loadstone.formats.labels import labels_beside
from loadstone.formats.trees.tree import DiskTree

if TYPE_CHECKING:
    from loadstone.facts import ModelFile


def found_labels(model: ModelFile) -> Mapping[int, str]:
    """Return the names in the model, else those beside it, else those beside its folder; ids as written there."""
    if model.labels:
        return model.labels
    path = Path(model.source)
    folder = path if path.is_dir() else path.parent
    for place in (folder, folder.parent) if path.is_dir() else (folder,):
        if names := labels_beside(DiskTree(place), ""):
            return names
    return {}


def counted_from(first: int, labels: Mapping[int, str]) -> Mapping[int, str]:
    """Return the labels for a model that counts its classes from `first` (0 or 1)."""
    if not labels:
        return labels
    shift = first - (0 if 0 in labels else 1)
    return {class_id + shift: name for class_id, name in labels.items()}
