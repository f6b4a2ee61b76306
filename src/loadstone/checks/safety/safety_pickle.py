"""The file is a pickle, or an array of pickled objects: loading it runs what it says.

What is seen

    Pickle opcodes at the start (`.pkl`, joblib, PyTorch); an `.npy` or `.npz` whose `descr` holds `O`.

Why

    Unpickling calls any function by name. `numpy.load` does so with `allow_pickle=True`, which is what its error
    message proposes.

Remedy

    Do not unpickle it; ask for safetensors, HDF5 or plain arrays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.registry import Candidate
from loadstone.formats.trees.archive_tree import ZipTree

FAULT = Fault(
    "safety-pickle",
    "error",
    help="do not unpickle it; ask for safetensors, HDF5 or plain arrays",
    reference="CVE-2019-6446",
)

_OBJECT = re.compile(rb"'descr':\s*(?:'[|<>=]?O\d*'|\[[^\]]*'[|<>=]?O\d*')")


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the pickle; of arrays those with objects in them."""
    candidate = subject.candidate
    if candidate is None or candidate.is_folder:
        return
    if subject.format == "pickle":
        yield FAULT.finding(
            ("it is a Python pickle: loading it runs what it says"),
            Evidence(subject.source, f"begins {bytes(candidate.head[:8]).hex(' ')}"),
        )
    elif subject.format == "numpy" and _OBJECT.search(candidate.head):
        yield FAULT.finding(
            ("it is an array of pickled objects: np.load(allow_pickle=True) runs what they say"),
            Evidence(subject.source, "descr '|O'", "a type of numbers"),
        )
    elif candidate.head.startswith(b"PK"):
        yield from _members(subject, candidate)


def _members(subject: Subject, candidate: Candidate) -> Iterator[Finding]:
    """Yield the members of a zip that are arrays of objects, or pickles."""
    tree = ZipTree.open(candidate.tree, candidate.name)
    found = [
        name
        for name in list(tree.sizes)[:1000]
        if name.endswith((".npy", ".pkl", ".pickle")) and _is_pickled(tree.head(name))
    ]
    if found:
        fact = f"{len(found):,} of its members {'are' if len(found) > 1 else 'is'} pickled: loading runs what they say"
        yield FAULT.finding(fact, *(Evidence(f"{subject.source}: {name}") for name in found))


def _is_pickled(head: bytes) -> bool:
    return bool(_OBJECT.search(head)) if head.startswith(b"\x93NUMPY") else head[:1] == b"\x80" and 2 <= head[1] <= 5
