"""Lists of class names beside a model: `labels.txt`, `labelmap.txt`, `obj.names`, label maps.

What it is: one name per line, with or without a number before it, and the choice of the file that belongs to a folder.
What it is not: a guess of how a model counts its classes; the ids are the file's own.
Specification: none; the forms are those that Teachable Machine, the TFLite Model Maker and Darknet write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from loadstone.errors import FormatError
from loadstone.formats.label_map import is_label_map, parse_label_map
from loadstone.formats.trees.tree import Tree
from loadstone.wire.limits import LABEL_BYTES, NAME_BYTES

PLACEHOLDERS = ("???", "background", "__background__")
"""First lines that stand for "no object"; they keep their place and get no name."""

_NUMBERED = re.compile(r"(\d{1,6})(?:\s*[:,\t]\s*|\s+)(\S.*)")
_LIKELY = re.compile(r"(?i)(?:^|[/_.-])(?:label|class|obj|coco|object)[^/]*\.(?:pbtxt|txt|names|config)$|\.names$")
_NOT_LABELS = re.compile(r"(?i)requirements|readme|licen[cs]e|metrics|pipeline")


def parse_labels(data: bytes) -> dict[int, str]:
    """Return id → name of a list, one name per line.

    Where every line begins with a number of its own (`0 name`, `0: name`), that number is the id; else the id is
    the line's place, from 0, and a placeholder on the first line (`???`) keeps place 0 for itself.
    Raises `FormatError` for bytes that are not UTF-8 text, or a name that is too long.
    """
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        where = f"byte {error.start:,}"
        raise FormatError("the list of labels is not UTF-8 text", where=where, found=str(error.reason)) from error
    while lines and not lines[-1].strip():
        lines.pop()
    names = numbered(lines)
    if names is None:
        names = {place: line.strip() for place, line in enumerate(lines)}
        if names.get(0, "").lower() in PLACEHOLDERS:
            del names[0]
    for place, name in names.items():
        if len(name) > NAME_BYTES:
            expected = f"at most {NAME_BYTES:,} characters"
            raise FormatError("a label is too long", where=f"label {place}", expected=expected, found=f"{len(name):,}")
    return {place: name for place, name in names.items() if name}


def numbered(lines: list[str]) -> dict[int, str] | None:
    """Return the names of a list in which every line has its own number; None where one has not."""
    found = [_NUMBERED.fullmatch(line.strip()) for line in lines if line.strip()]
    names = {int(match[1]): match[2].strip() for match in found if match}
    # Names such as "7 up" beside others show themselves by a line without a number, or by a number that repeats.
    return names if names and len(names) == len(found) else None


def labels_beside(tree: Tree, folder: str) -> Mapping[int, str]:
    """Return id → name from the label file in a folder; empty where there is none that can be read.

    A label map (ids as the model was trained, from 1) goes before a list of lines (ids from 0).
    """
    found: dict[int, str] = {}
    for name in candidates(tree, folder):
        data = tree.read(name, LABEL_BYTES)
        try:
            if is_label_map(data):
                return parse_label_map(data).names
            # A text proto that is no label map is a graph or a configuration, whatever its name says.
            if not found and not name.endswith((".pbtxt", ".config")) and looks_like_labels(data):
                found = parse_labels(data)
        except FormatError:
            # A broken label file is not the model's fault; inspecting that file itself says what is wrong.
            continue
    return found


def candidates(tree: Tree, folder: str) -> Iterator[str]:
    """Yield the files of a folder whose name suggests labels, the plainest name first."""
    sizes = tree.listing(folder)
    likely = [name for name in sizes if _LIKELY.search(name) and not _NOT_LABELS.search(name.rpartition("/")[2])]
    yield from (name for name in sorted(likely, key=lambda name: (len(name), name)) if sizes[name] <= LABEL_BYTES)


def looks_like_labels(data: bytes) -> bool:
    """Whether a text can be a list of names: short lines, no git-lfs pointer, no page, no program."""
    head = data[:4096]
    if not data or b"\x00" in head or head.startswith(b"version https://git-lfs"):
        return False
    return all(len(line) <= 200 for line in head.splitlines()) and not head.lstrip().startswith(
        (b"<", b"{", b"[", b"#!")
    )
