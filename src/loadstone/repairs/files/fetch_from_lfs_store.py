"""Put the file itself in the place of its git-lfs pointer, where the clone keeps it already.

Git LFS stores what it has fetched under `.git/lfs/objects/`, by the hash that the pointer names. No network is used;
`loadstone fix POINTER --origin ADDRESS` fetches it from elsewhere. The hash is compared while it is copied.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.errors import ChecksumError
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.kinds.text_kinds import POINTER_BYTES, pointer
from loadstone.wire.limits import MIB, shown

NAME = "fetch-from-lfs-store"
_STEP = 4 * MIB
_HEX = frozenset("0123456789abcdef")


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a pointer whose object lies in the clone's store."""
    candidate = subject.candidate
    if candidate is None or candidate.is_folder or not 0 < candidate.size <= POINTER_BYTES:
        return None
    found = pointer(candidate.head)
    if found is None:
        return None
    digest = found[0].removeprefix("sha256:")
    if len(digest) != 64 or not set(digest) <= _HEX:
        return None
    place = stored(subject.path, digest)
    if place is None or (found[1] is not None and place.stat().st_size != found[1]):
        return None
    edit = Edit(
        subject.source, "a git-lfs pointer", shown(place.stat().st_size), f"the object {digest[:12]}… of the clone"
    )
    return Plan(NAME, subject.source, (edit,), "safe", ("lfs-pointer",), details=(place, digest))


def stored(path: Path, digest: str) -> Path | None:
    """Return where the clone that holds a file keeps an object; None where it is no clone or has it not."""
    for folder in path.absolute().parents:
        place = folder / ".git" / "lfs" / "objects" / digest[:2] / digest[2:4] / digest
        if place.is_file():
            return place
        if (folder / ".git").exists():
            return None
    return None


def apply(plan: Plan, target: Path) -> None:
    """Copy the object. Raises `ChecksumError` where its bytes are not what its name says."""
    place, digest = plan.details
    total = hashlib.sha256()
    with place.open("rb") as source, target.open("xb") as stream:
        while chunk := source.read(_STEP):
            total.update(chunk)
            stream.write(chunk)
    if total.hexdigest() != digest:
        target.unlink()
        raise ChecksumError("the stored object is damaged", where=str(place), expected=digest, found=total.hexdigest())
