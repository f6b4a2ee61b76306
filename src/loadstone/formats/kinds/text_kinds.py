"""What a text that is no model is: a git-lfs pointer, a web page, a link that became text, a notebook, source code.

What it is: tests on the first 4,096 bytes, each with its sentence. What it is not: a parser of the texts.
Specification of pointers: git-lfs docs/spec.md (`version` first, then keys in alphabetical order, below 1,024 bytes).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

POINTER = b"version https://git-lfs.github.com/spec/"
POINTER_BYTES = 1024
"""The specification's bound on the length of a pointer file."""

_OID = re.compile(rb"^oid (\S+)\s*$", re.MULTILINE)
_SIZE = re.compile(rb"^size (\d{1,18})\s*$", re.MULTILINE)
_TITLE = re.compile(rb"<title[^>]*>(.{0,200}?)</title", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(rb"<!doctype\s+html|<html[\s>]|<head[\s>]", re.IGNORECASE)
_LINK = re.compile(
    r"(?:\.{0,2}/)?(?:[\w.@+-]+/)+[\w.@+-]+\.\w+|\.{1,2}/[\w.@+ /-]+"
    r"|[\w@+-][\w.@+ -]*\.(?:pb|h5|hdf5|keras|tflite|ckpt|onnx|index)"
)
"""A path with an ending, one that begins with `./` or `../`, or the name of a model file."""

_SOURCE = re.compile(r"^(?:import |from \S+ import |def |class \w+[(:]|#include|#!|package |using )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TextKind:
    """A text's kebab-case name, the words after "this file is", and what was read from it."""

    name: str
    words: str
    details: Mapping[str, Any] = field(default_factory=dict)


def pointer(head: bytes) -> tuple[str, int | None] | None:
    """Return (oid, size in bytes) of a git-lfs pointer; None for anything else; the size is None where it lacks."""
    if not head.startswith(POINTER):
        return None
    oid, size = _OID.search(head), _SIZE.search(head)
    return (oid.group(1).decode("ascii", "backslashreplace") if oid else "", int(size.group(1)) if size else None)


def text_kind(head: bytes, size: int) -> TextKind | None:
    """Return what the text surely is, or None where nothing is sure (it may be a text proto, JSON, YAML)."""
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for test in (_pointer_kind, _html, _xml, _notebook, _conflict, _svg_or_script):
        if (kind := test(bare, size)) is not None:
            return kind
    return None


def _pointer_kind(bare: bytes, _size: int) -> TextKind | None:
    found = pointer(bare)
    if found is None:
        return None
    oid, size = found
    stated = f"of {size:,} bytes" if size is not None else "of a size that it does not state"
    words = f"a git-lfs pointer to a file {stated}; the file itself was not fetched (`git lfs pull` does it)"
    return TextKind("git-lfs-pointer", words, {"oid": oid, "size": size})


def _html(bare: bytes, _size: int) -> TextKind | None:
    if not bare.startswith(b"<") or not _TAG.search(bare[:1024]):
        return None
    found = _TITLE.search(bare)
    title = " ".join(found.group(1).decode("utf-8", "replace").split()) if found else ""
    words = f"a web page (HTML) titled {title!r}" if title else "a web page (HTML)"
    return TextKind("html", words, {"title": title})


def _xml(bare: bytes, _size: int) -> TextKind | None:
    if not bare.startswith((b"<?xml", b"<net ")):
        return None
    root = re.search(rb"<([A-Za-z][\w:.-]*)[\s>/]", bare)
    name = root.group(1).decode("ascii") if root else ""
    if name == "net":
        return TextKind("openvino-ir", "an OpenVINO network (IR); its weights are in the .bin beside it")
    if name == "svg":
        return TextKind("image", "an SVG picture")
    if name == "Error":
        code = re.search(rb"<Code>([^<]{1,80})", bare)
        found = code.group(1).decode("utf-8", "replace") if code else "unknown"
        return TextKind("xml", f"the error {found!r} of a storage server, in the file's place", {"error": found})
    return TextKind("xml", f"XML with the root element {name!r}", {"root": name})


def _notebook(bare: bytes, _size: int) -> TextKind | None:
    if bare.startswith(b"{") and (b'"nbformat"' in bare or (b'"cells"' in bare and b'"cell_type"' in bare)):
        return TextKind("notebook", "a Jupyter notebook")
    return None


def _conflict(bare: bytes, _size: int) -> TextKind | None:
    if bare.startswith(b"<<<<<<< "):
        return TextKind("text", "a text with an unresolved git merge conflict")
    return None


def _svg_or_script(bare: bytes, _size: int) -> TextKind | None:
    if bare.startswith(b"<svg"):
        return TextKind("image", "an SVG picture")
    if bare.startswith(b"#!"):
        return TextKind("text", "a script")
    if bare.startswith((b"[net]", b"[convolutional]")):
        return TextKind("darknet-cfg", "a Darknet network description (YOLO); its weights are in a .weights file")
    if bare.startswith(b"7767517"):
        return TextKind("ncnn", "an ncnn network description")
    return None


def any_text(head: bytes, size: int) -> TextKind:
    """Return the best name for a text that no reader took."""
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    for test in (_link_text, _caffe, _json, _source):
        if (kind := test(text, size)) is not None:
            return kind
    return TextKind("text", "a text that describes no model")


def _link_text(text: str, size: int) -> TextKind | None:
    line = text.rstrip("\r\n")
    if size > 400 or "\n" in line or not _LINK.fullmatch(line):
        return None
    words = f"the text of a symbolic link to {line!r}: git wrote the link as a file, and its target is not here"
    return TextKind("symlink-text", words, {"target": line})


def _caffe(text: str, _size: int) -> TextKind | None:
    if re.search(r"^\s*layers?\s*\{", text, re.MULTILINE) and re.search(r"^\s*type:\s*\S+", text, re.MULTILINE):
        return TextKind("caffe", "a Caffe network description (.prototxt); its weights are in a .caffemodel")
    return None


def _json(text: str, _size: int) -> TextKind | None:
    if text.lstrip()[:1] in ("{", "["):
        return TextKind("json", "JSON that describes no model")
    return None


def _source(text: str, _size: int) -> TextKind | None:
    if _SOURCE.search(text):
        return TextKind("text", "source code")
    return None
