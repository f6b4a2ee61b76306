"""Annotations that are not read here, told by the keys of their files: whose they are, and what their tool exports."""

from __future__ import annotations

from collections.abc import Sequence

from loadstone.errors import LoadstoneError
from loadstone.formats.trees.tree import Tree
from loadstone.wire.encodings import as_utf8
from loadstone.wire.limits import KIB

_ENDINGS = (".json", ".xml")
_LOOKED_AT = 5
_BYTES = 64 * KIB

_TOOLS: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("CVAT's XML", (b"<annotations>", b"<image ")),
    ("Label Studio's JSON", (b'"annotations"', b'"result"')),
    ("Supervisely's JSON", (b'"classTitle"',)),
    ("Labelbox's JSON", (b'"data_row"',)),
    ("a project of the VGG Image Annotator's version 3", (b'"metadata"', b'"vid"')),
)
"""Whose, and what of a file's beginning tells it."""


def told_tool(tree: Tree, names: Sequence[str]) -> str:
    """Return a sentence on what to do with files of a tool that is known, empty where none is."""
    for name in [name for name in names if name.lower().endswith(_ENDINGS)][:_LOOKED_AT]:
        try:
            head = as_utf8(tree.head(name, _BYTES))
        except (LoadstoneError, OSError):
            continue
        for whose, keys in _TOOLS:
            if all(key in head for key in keys):
                return f"{name} is {whose}, which is not read: export the annotations from there as COCO"
    return ""
