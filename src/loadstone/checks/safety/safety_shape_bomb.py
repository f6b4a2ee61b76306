"""A file declares arrays that are far larger than the bytes that it holds.

What is seen

    A dataset, constant or member whose declared size is thousands of times what is stored for it.

Why

    A loader that believes the declared shape asks for the memory at once. Compression of weights gives a factor
    of two or three; zeros that were never written give any.

Remedy

    Do not load it; ask its author for the shapes.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.hdf5_nodes import hdf5_nodes
from loadstone.facts.finding import Evidence, Finding
from loadstone.wire.limits import MIB

FAULT = Fault(
    "safety-shape-bomb",
    "error",
    help="do not load it; ask its author for the shapes",
    reference="CVE-2026-0897, CVE-2026-12570",
)

_FLOOR = 256 * MIB
_FACTOR = 100


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the arrays whose declared bytes nothing in the file accounts for."""
    nodes = subject.view(hdf5_nodes)
    big = [(path, declared, stored) for path, declared, stored in nodes.declared if _is_bomb(declared, stored)]
    model = subject.model
    if not nodes.size and model is not None and subject.candidate is not None and not subject.candidate.is_folder:
        size = subject.candidate.size
        big += [
            (spec.name, declared, size)
            for spec in model.tensors.specs
            if _is_bomb(declared := spec.elements * _width(spec.dtype), size)
        ]
    if big:
        total = sum(declared for _, declared, _ in big)
        fact = (
            f"{len(big):,} array{'s declare' if len(big) > 1 else ' declares'} {total:,} "
            f"bytes, for which the file holds {sum(stored for *_, stored in big[:1]):,}"
        )
        yield FAULT.finding(
            fact,
            *(
                Evidence(f"{subject.source}: {path}", (f"{declared:,} bytes declared"), f"{stored:,} bytes stored")
                for path, declared, stored in big
            ),
        )


def _is_bomb(declared: int, stored: int) -> bool:
    return declared > _FLOOR and declared > stored * _FACTOR


def _width(dtype: str) -> int:
    """Return the bytes of an element; 1 where the type is not a number's."""
    digits = dtype.lstrip("abcdefghijklmnopqrstuvwxyz")
    return max(1, int(digits) // 8) if digits.isdecimal() else 1
