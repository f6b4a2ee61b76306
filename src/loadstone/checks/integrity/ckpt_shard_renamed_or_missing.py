"""A data file that the index names is not there under that name.

What is seen

    `Failed to find any matching files`, `No such file or directory: ….data-00000-of-00001`, or `not an sstable`
    where a shard lost the end of its name.

Why

    The data file was not uploaded or not copied, or its name was changed (`(1)` by a browser, `.data` alone, a
    lost `-00000-of-00001`). The name is `PREFIX.data-NNNNN-of-MMMMM`, both parts five digits.

Remedy

    Put the file beside the index under the name that is given; `loadstone fix` renames one that is surely meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "ckpt-shard-renamed-or-missing",
    "error",
    help="fetch or copy the file to beside the index, under that name",
    repair="restore-shard-names",
)

TEXTS = (
    Saying(
        r"(?P<path>(?<![^\s;:'\"])[^\s;:'\"]{1,400}\.data-\d{5}-of-\d{5});? ?:?(?: No such file or directory"
        r"| not found)"
        r"|NotFoundError:? .*\.data-\d{5}-of-\d{5}",
        "the data file {path} of the checkpoint is not there",
        unless=(r"tfhub_modules",),
    ),
    Saying(
        r"Could not open (?P<path>\S+?\.data)(?:-\d+)?: Data loss: not an sstable"
        r"|Unable to open table file (?P<other>\S+?\.data): ",
        "{path}{other} lacks the -00000-of-00001 that ends the name of a data file",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield each data file that is missing, and the file that looks like it."""
    model = subject.model
    for file in model.files if model else ():
        if file.state != "missing" or file.role not in ("data", "index") or not _has_index(subject):
            continue
        near = stand_in(subject, file.path, file.expected)
        wanted = f"{file.path}" + (f", {file.expected:,} bytes" if file.expected else "")
        if near:
            fact = f"{file.path} is missing, and {near} has its size: it lost its name"
            found, help_ = f"{near}", f"loadstone fix {subject.in_shell}"
        else:
            size = f" of {file.expected:,} bytes" if file.expected else ""
            fact, found, help_ = f"{file.path}{size} is missing", "no such file", FAULT.help
        yield FAULT.finding(
            fact,
            Evidence(f"{subject.source}: {file.path}", found, wanted),
            help=help_,
            mended=bool(near) and subject.format == "checkpoint-v2",
        )


def _has_index(subject: Subject) -> bool:
    return any(
        file.role in ("index", "data") and file.state == "present"
        for file in (subject.model.files if subject.model else ())
    )


def stand_in(subject: Subject, path: str, expected: int | None) -> str:
    """Return the one file beside the missing one that has its size and begins with its prefix; empty without."""
    candidate = subject.candidate
    if candidate is None or not expected:
        return ""
    folder, _, name = path.rpartition("/")
    prefix = name.partition(".data-")[0]
    listed = candidate.tree.listing("/".join(part for part in (candidate.folder, folder) if part))
    found = [
        one.rpartition("/")[2]
        for one, size in listed.items()
        if size == expected and one.rpartition("/")[2].startswith(prefix) and not one.endswith((".index", ".meta"))
    ]
    return found[0] if len(found) == 1 else ""
