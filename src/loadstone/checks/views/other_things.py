"""Files that are no model: which of them stand in the place of one, and what the readers call the others."""

from __future__ import annotations

from loadstone.checks.subject import Subject

STAND_INS = frozenset(("html", "xml", "git-lfs-pointer", "symlink-text", "empty", "reencoded-binary"))
"""Formats of what is often found in the place of a file of any name; each has a fault of its own."""


_BEGINS = "this file is "


def what_it_is(subject: Subject) -> str:
    """Return what a file is in words (`a GGUF file of llama.cpp`), else its format; empty: not read."""
    notes = subject.model.notes if subject.model else ()
    said = [note.removeprefix(_BEGINS) for note in notes if note.startswith(_BEGINS)]
    return said[0] if said else subject.format
