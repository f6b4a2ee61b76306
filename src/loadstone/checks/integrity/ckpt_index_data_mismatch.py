"""The index and the data file of a checkpoint are not of one save.

What is seen

    `Checksum does not match` for the first tensor that is read, whichever that is; or a data file that is longer
    or shorter than the index adds up to.

Why

    Files of two runs or two steps have one name (`variables.data-00000-of-00001`, `model.ckpt`), and one was
    copied over the other's.

Remedy

    Put the `.index` and `.data` files of the same save side by side.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.sums import is_mismatch, sums
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "ckpt-index-data-mismatch",
    "error",
    help="put the .index and .data files of the same save side by side",
)

TEXTS = (
    Saying(
        r"Invalid size in bundle entry: key (?P<key>\S+?); stored size (?P<stored>\d+); expected size (?P<wanted>\d+)",
        "the index gives {key} {stored} bytes, and its shape takes {wanted}",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield that nearly every sum is wrong, or that the data are longer than the index (harmless where sums hold)."""
    model = subject.model
    done = subject.view(sums)
    for file in model.files if model else ():
        if file.state == "oversized" and file.expected is not None and file.role == "data":
            extra = (file.size or 0) - file.expected
            place = Evidence(f"{subject.source}: {file.path}", f"{file.size:,} bytes", f"{file.expected:,} bytes")
            if done.checked and not done.wrong:
                fact = f"{file.path} is {extra:,} bytes longer than its index adds up to; its tensors are whole"
                yield FAULT.finding(
                    fact, place, severity="info", help="nothing is to be done: loaders do not read those bytes"
                )
            else:
                fact = f"{file.path} is {extra:,} bytes longer than its index adds up to: they are not of one save"
                yield FAULT.finding(fact, place)
    if is_mismatch(done):
        fact = (
            f"{len(done.wrong):,} of {done.checked + len(done.wrong):,} tensors "
            f"do not have the checksums of the index: it belongs to other data"
        )
        yield FAULT.finding(fact, *(Evidence(wrong.where, wrong.computed, wrong.stored) for wrong in done.wrong[:3]))
