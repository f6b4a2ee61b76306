"""Write what is in an archive as files of a folder: regular files, under names that stay in it, and nothing else.

To be asked for: Loadstone reads archives as they are, and what is unpacked may be large.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.errors import FormatError, LoadstoneError
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.archive import opened
from loadstone.wire.limits import MEMBER_BYTES, MIB

NAME = "unpack-archive"
ON_REQUEST = True
_STEP = 4 * MIB
_SHOWN = 50


def plan(subject: Subject) -> Plan | None:
    """Return the plan for an archive with a model in it."""
    candidate, model = subject.candidate, subject.model
    if candidate is None or candidate.is_folder or subject.format != "archive" or model is None or not model.parts:
        return None
    try:
        tree = opened(candidate)
        sizes = dict(tree.sizes)
    except LoadstoneError:
        return None
    if not sizes or any(size > MEMBER_BYTES for size in sizes.values()):
        return None
    edits = [Edit(f"{subject.source}: {name}", None, f"{size:,} bytes") for name, size in list(sizes.items())[:_SHOWN]]
    if len(sizes) > _SHOWN:
        edits.append(Edit(subject.source, None, f"{len(sizes) - _SHOWN:,} more files"))
    return Plan(NAME, subject.source, tuple(edits), "ask", ("archive-not-extracted",), suffix=".d", details=tree)


def apply(plan: Plan, target: Path) -> None:
    """Write the members below `target`. Raises `FormatError` where one's name is another's, or a folder's."""
    tree = plan.details
    for name in tree.sizes:
        place = target / name
        data = tree.view(name)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            stream = place.open("xb")
        except (FileExistsError, NotADirectoryError) as error:
            raise FormatError("two members of the archive cannot lie side by side", where=name) from error
        with stream:
            for at in range(0, len(data), _STEP):
                stream.write(bytes(data[at : at + _STEP]))
