"""A folder of TF Hub's cache holds no model.

What is seen

    `Trying to load a model of incompatible/unknown type. '…/tfhub_modules/HASH' contains neither 'saved_model.pb'
    nor 'saved_model.pbtxt'`, `Missing implementation that supports: loader`, `SavedModel file does not exist at:
    …/tfhub_modules/HASH/`.

Why

    The cache lies in the system's folder for temporary files, which is cleaned file by file and keeps the folder;
    or the download was interrupted. TF Hub takes a folder that exists for complete.

Remedy

    Delete the folder (and `HASH.descriptor.txt`, which names the address); set `TFHUB_CACHE_DIR` to a folder that
    is not cleaned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "tfhub-cache-incomplete",
    "error",
    help=(
        "delete the module's folder in tfhub_modules and load "
        "again; set TFHUB_CACHE_DIR to a folder that is not cleaned"
    ),
)

TEXTS = (
    Saying(
        r"Trying to load a model of incompatible/unknown type\. '?(?P<path>[^'\n]*)'? contains neither",
        "the cached folder {path} holds no SavedModel",
        help="rm -r {in_shell}   and load again",
    ),
    Saying(
        r"Trying to load a model of incompatible/unknown type", "the cached folder of the module holds no SavedModel"
    ),
    Saying(
        r"SavedModel file does not exist at: (?P<path>\S*tfhub_modules[/\\][^/\\\s{]+)",
        "the cached folder {path} holds no SavedModel",
        help="rm -r {in_shell}   and load again",
    ),
    Saying(
        r"Missing implementation that supports: loader\(\*\('(?P<path>[^']*)'",
        "{path} holds no module that this loader knows: its files are incomplete, or it is of TF Hub's other format",
        certainty="likely",
    ),
    Saying(
        r"tfhub_modules.{0,80}(?:variables|saved_model\.pb).{0,40}No such file|No such file.{0,120}tfhub_modules",
        "a file of the cached module is gone",
    ),
)
_HASH = re.compile(r"[0-9a-f]{40}")


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield that a folder of the cache (40 hexadecimal digits) holds no model."""
    candidate = subject.candidate
    name = subject.path.absolute().name
    if candidate is None or not candidate.is_folder or not _HASH.fullmatch(name):
        return
    if any(one.rpartition("/")[2] in _MODELS for one in candidate.names):
        return
    held = ", ".join(candidate.names[:3]) or "nothing"
    fact = f"{name}, a folder of TF Hub's cache, holds no saved_model.pb"
    expected = "saved_model.pb or tfhub_module.pb"
    yield FAULT.finding(
        fact, Evidence(subject.source, held, expected), help=f"rm -r {subject.in_shell}   and load again"
    )


_MODELS = ("saved_model.pb", "saved_model.pbtxt", "tfhub_module.pb")
