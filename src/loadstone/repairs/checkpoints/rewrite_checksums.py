"""Every tensor's checksum is computed anew from its bytes.

A checksum that does not hold says that bytes changed: the weights may be wrong. So a person decides; what comes out
loads, and computes what these bytes say.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.errors import ChecksumError, LoadstoneError
from loadstone.facts import ModelFile
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.checkpoint.bundle_copy import Changes
from loadstone.repairs.checkpoints._copy import checkpoint_of, plan_copy, write


def plan(subject: Subject) -> Plan | None:
    """Return the tensors whose checksums do not hold; None where all do, or where bytes are missing."""
    found = checkpoint_of(subject)
    if found is None or found[2].format != "checkpoint-v2" or not found[2].complete:
        return None
    edits = list(_broken(found[2]))
    faults = ("ckpt-data-corrupt", "ckpt-data-zero-filled")
    return plan_copy("rewrite-checksums", subject, Changes(checksums=True), edits, faults=faults)


def _broken(model: ModelFile) -> Iterator[Edit]:
    for tensor in model.tensors.all:
        if tensor.verify is None:
            continue
        try:
            tensor.verify()
        except ChecksumError as error:
            yield Edit(tensor.spec.name, error.expected, error.found, "the checksum of the bytes as they are")
        except LoadstoneError:
            # A tensor whose bytes cannot be read at all is no matter of checksums.
            continue


def apply(plan: Plan, target: Path) -> None:
    """Write the checkpoint with its new checksums into the new folder `target`."""
    write(plan, target)
