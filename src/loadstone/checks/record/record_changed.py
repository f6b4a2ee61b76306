"""The model is not the one that was recorded.

What is seen

    Nothing at loading: another file has taken the place of the one that was recorded, or some of its tensors have other
    values or shapes.

Why

    A record (`model.keras.record.json`) holds the hash of each file and the checksum of each tensor. The bytes that lie
    there now have others: the file was trained on, mended, downloaded again, damaged, or exchanged.

Remedy

    If the change is meant, record the model anew; if not, take the file back from where it was recorded.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.recorded import recorded
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats import record

FAULT = Fault(
    "record-changed",
    "warning",
    help="if the change is meant: loadstone record FILE; if not, take the recorded file back",
)

MOST_TENSORS = 50
"""Tensors named in the evidence; the fact counts all."""


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield one finding with every file and tensor that is not as it was recorded."""
    known = subject.view(recorded)
    if known is None or subject.candidate is None or subject.model is None:
        return
    evidence = list(_files(subject, known))
    if not evidence:
        return
    changed = list(_tensors(subject, known))
    fact = f"{len(evidence)} of {len(known.files)} recorded files changed since {known.recorded or 'the record'}"
    if changed:
        fact += f"; {len(changed):,} of {len(known.tensors):,} tensors differ"
    elif known.tensors:
        fact += "; the tensors are the same"
    yield FAULT.finding(fact, *evidence, *changed[:MOST_TENSORS])


def _files(subject: Subject, known: record.Record) -> Iterator[Evidence]:
    if subject.candidate is None or subject.model is None:
        return
    names = {path: name for name, path in record.names(subject.candidate, subject.model)}
    here = {file.path: file for file in record.files(subject.candidate, subject.model)}
    for file in known.files:
        now = here.get(file.path)
        where = f"{subject.source}: {file.path}"
        if now is None:
            yield Evidence(where, "missing", f"{file.nbytes:,} bytes")
        elif now.nbytes != file.nbytes:
            yield Evidence(where, f"{now.nbytes:,} bytes", f"{file.nbytes:,} bytes")
        elif now.sha256 != file.sha256:
            yield Evidence(where, f"sha256 {now.sha256[:16]}…", f"sha256 {file.sha256[:16]}…")
    for path in sorted(set(names) - {file.path for file in known.files}):
        yield Evidence(f"{subject.source}: {path}", "a file", "none was recorded")


def _tensors(subject: Subject, known: record.Record) -> Iterator[Evidence]:
    if subject.model is None or not known.tensors:
        return
    here = record.tensors(subject.model)
    for name in sorted(set(here) | set(known.tensors)):
        now, then = here.get(name), known.tensors.get(name)
        if now is None or then is None:
            yield Evidence(name, "a tensor" if now else "no tensor", "a tensor" if then else "no tensor")
        elif now[:2] != then[:2]:
            yield Evidence(name, f"{now[0]} {now[1]}", f"{then[0]} {then[1]}")
        elif now[2] != then[2]:
            yield Evidence(name, f"values of crc32c {now[2] or 'unreadable'}", f"crc32c {then[2] or 'unreadable'}")
