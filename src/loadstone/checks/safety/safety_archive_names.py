"""Members of an archive would be unpacked outside of its folder.

What is seen

    Names with `..`, absolute paths, drive letters or backslashes, symbolic and hard links, devices.

Why

    An unpacker that believes the names writes over any file that its user may write; a link first, and a member
    through it, does the same with harmless names.

Remedy

    Do not unpack it with a program that believes names; `loadstone` reads members without unpacking, `loadstone
    fix FILE --only unpack-archive` writes regular files under safe names alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.safety._links import leaves
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.archive import opened
from loadstone.formats.registry import Candidate
from loadstone.formats.trees.tar_tree import TarTree
from loadstone.wire.zipguard import read_index

FAULT = Fault(
    "safety-archive-names",
    "error",
    help="do not unpack it with a program that believes names; Loadstone reads it without unpacking",
    reference="CVE-2025-12060, CVE-2007-4559",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the members that are unsafe to unpack."""
    candidate = subject.candidate
    if candidate is None or candidate.is_folder or not subject.top:
        return
    found = list(_zip(candidate)) if candidate.head.startswith(b"PK") else list(_tar(subject, candidate))
    if found:
        fact = (
            f"unpacking it would write outside of its folder, or make links "
            f"or devices: {len(found):,} member{'s' if len(found) > 1 else ''}"
        )
        yield FAULT.finding(fact, *(Evidence(f"{subject.source}: {name[:200]}", why) for name, why in found))


def _zip(candidate: Candidate) -> Iterator[tuple[str, str]]:
    for member in read_index(candidate.tree.view(candidate.name)).members:
        if member.unsafe:
            yield member.name, member.unsafe
        elif member.kind in ("link", "device"):
            yield member.name, f"it is a {member.kind}"


def _tar(subject: Subject, candidate: Candidate) -> Iterator[tuple[str, str]]:
    if subject.format != "archive" or not str(
        subject.model.details.get("kind", "") if subject.model else ""
    ).startswith("tar"):
        return
    tree = opened(candidate)
    if isinstance(tree, TarTree):
        yield from tree.unsafe.items()
        yield from (
            (name, (f"it is a link to {target!r}")) for name, target in tree.links.items() if leaves(name, target)
        )
        yield from ((name, "it is a device or of an unknown kind") for name in tree.others)
