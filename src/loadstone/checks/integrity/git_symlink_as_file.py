"""A symbolic link became a small text file that names another file.

What is seen

    A file of a few dozen bytes that holds nothing but a path, such as `../v1/saved_model.pb`; loaders say `file
    signature not found`, `Error parsing message` or `not an sstable`.

Why

    Git keeps a link as a text with its target. Where links cannot be made (Windows without the right, a download
    of single files, some archives), the text itself lands in the place of the file.

Remedy

    Use the file that the text names, or clone again with `git config core.symlinks true`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "git-symlink-as-file",
    "error",
    help="use the file that the text names, or clone again with links: git -c core.symlinks=true clone …",
)

TEXTS = (
    Saying(
        r"(?i)core\.symlinks|sym(?:bolic )?link[^\n]{0,80}(?:text|plain) ?file|(?:text|plain) ?file[^\n]{0,80}"
        r"sym(?:bolic )?link",
        "a symbolic link of the repository was checked out as a text with the target's name",
        certainty="likely",
        needs=(r"(?i)\bgit|clone|check(?:ed)? ?out",),
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the link's target, and whether it lies here."""
    model = subject.model
    if model is None or subject.format != "symlink-text":
        return
    target = str(model.details.get("target", ""))
    here = _here(subject, target)
    fact = f"{subject.path.name} is the text of a symbolic link to {target!r}, not the file itself"
    help_ = f"loadstone check {quote(here)}" if here else FAULT.help
    yield FAULT.finding(fact, Evidence(subject.source, f"the text {target!r}", "the file that it names"), help=help_)


def _here(subject: Subject, target: str) -> str:
    """Return the target's path where it lies in the same tree of folders; empty where it leaves it or is absent."""
    if subject.candidate is None or target.startswith(("/", "\\")) or ":" in target:
        return ""
    place = Path(subject.source).parent / target
    return str(place) if place.is_file() else ""
