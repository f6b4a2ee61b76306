"""TFRecord files, single or a shard of a set (`train-00000-of-00010`), plain or compressed.

What it is: records counted, their checksums, and the features of the first example.
What it is not: a reader of a whole data set; the other shards of a set are listed, not opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from loadstone.errors import LoadstoneError, TruncatedError
from loadstone.facts import FileFact, LazyTensor, ModelFile, Tensors, TensorSpec
from loadstone.formats.checkpoint.shards import file_fact, lacks
from loadstone.formats.examples import features_of
from loadstone.formats.kinds.text_kinds import pointer
from loadstone.formats.record_compression import compression_of, unpacked, unpacked_head
from loadstone.formats.registry import Candidate
from loadstone.wire.limits import CHECKPOINT_SHARDS, RECORDS_COUNTED, RECORDS_UNPACKED_BYTES
from loadstone.wire.protobuf import Buffer
from loadstone.wire.tfrecord import (
    FOOTER_BYTES,
    HEADER_BYTES,
    read_records,
    record_spans,
    starts_as_records,
    verify_record,
)

if TYPE_CHECKING:
    import numpy.typing as npt

FORMAT = "tfrecord"

_NAME = re.compile(r"\.(tfrecords?|tfrec|records?)(-\d{5}-of-\d{5})?$")
_SHARD = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})(?P<rest>(?:\.\w+)*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Count:
    """What going through a file found: records, their bytes, where it stopped, and why, if before the end."""

    records: int
    nbytes: int
    end: int
    stopped: LoadstoneError | None = None
    capped: bool = False


def sniff(candidate: Candidate) -> bool:
    """Accept what begins as a record, plain or compressed; by name only what could be one that is damaged."""
    if candidate.is_folder or not candidate.size:
        return False
    head = candidate.head
    if starts_as_records(head) or starts_as_records(unpacked_head(head)):
        return True
    named = _NAME.search(candidate.name) is not None
    return named and pointer(head) is None and len(head) >= HEADER_BYTES and head[4:8] == bytes(4)


def read(candidate: Candidate) -> ModelFile:
    """Count the records of one file and list its set."""
    tree, name = candidate.tree, candidate.name
    compression = compression_of(candidate.head)
    data = tree.view(name)
    count = _count_packed(data) if compression else _count_plain(data)
    found = features_of(_first(data, compression)) if count.records else None
    details: dict[str, Any] = {
        "records": count.records,
        "record_bytes": count.nbytes,
        "compression": compression or "none",
    }
    if found is not None:
        details |= {"message": found[0], "features": {feature.name: feature.as_json() for feature in found[1]}}
    files = _set(candidate, count)
    if len(files) > 1:
        details["shards"] = len(files)
    return ModelFile(
        source=candidate.source,
        format=FORMAT,
        complete=count.stopped is None and not any(lacks(file) for file in files),
        files=files,
        tensors=Tensors([_lazy(candidate, count, compression)]),
        notes=tuple(_notes(count, files)),
        details=details,
    )


def _count_plain(data: Buffer) -> _Count:
    records = nbytes = end = 0
    try:
        for start, stop in islice(record_spans(data), RECORDS_COUNTED):
            records, nbytes, end = records + 1, nbytes + stop - start, stop + FOOTER_BYTES
    except LoadstoneError as error:
        return _Count(records, nbytes, end, error)
    return _Count(records, nbytes, end, capped=end < len(data))


def _count_packed(data: Buffer) -> _Count:
    records = nbytes = 0
    try:
        for record in read_records(unpacked(data)):
            records, nbytes = records + 1, nbytes + len(record)
            if records >= RECORDS_COUNTED or nbytes >= RECORDS_UNPACKED_BYTES:
                return _Count(records, nbytes, 0, capped=True)
    except LoadstoneError as error:
        return _Count(records, nbytes, 0, error)
    return _Count(records, nbytes, 0)


def _first(data: Buffer, compression: str) -> Buffer:
    """Return the first record; of a plain file it is a view, so its length costs nothing."""
    if compression:
        return next(read_records(unpacked(data)))
    start, end = next(record_spans(data))
    return memoryview(data)[start:end]


def _records(data: Buffer, compression: str) -> Iterator[bytes]:
    """Yield the records, verified."""
    if compression:
        yield from read_records(unpacked(data))
        return
    for start, end in record_spans(data):
        verify_record(data, start, end)
        yield bytes(data[start:end])


def _set(candidate: Candidate, count: _Count) -> tuple[FileFact, ...]:
    """Return every file of the set that the candidate is a shard of; itself where it is alone."""
    name = candidate.name.rpartition("/")[2]
    match = _SHARD.fullmatch(name)
    if match is None:
        return (_own(candidate, name, count),)
    total = min(int(match["count"]), CHECKPOINT_SHARDS)
    names = [f"{match['stem']}-{number:05d}-of-{match['count']}{match['rest']}" for number in range(total)]
    facts = []
    for shard in names:
        fact = file_fact(candidate.tree, candidate.beside(shard), "records")
        facts.append(_own(candidate, name, count) if shard == name else replace(fact, path=shard))
    return tuple(facts)


def _own(candidate: Candidate, name: str, count: _Count) -> FileFact:
    state: Any = "present"
    if count.stopped is not None:
        state = "truncated" if isinstance(count.stopped, TruncatedError) else "unreadable"
    return FileFact(name, "records", candidate.size, state=state)


def _notes(count: _Count, files: tuple[FileFact, ...]) -> Iterator[str]:
    if count.stopped is not None:
        yield f"after {count.records:,} records: {count.stopped}"
    if count.capped:
        yield f"the first {count.records:,} records were counted; there are more"
    if len(files) > 1:
        missing = [file.path for file in files if lacks(file)]
        absent = f"; {len(missing):,} not here, the first is {missing[0]}" if missing else ""
        yield f"one of a set of {len(files):,} files, of which only this one was counted{absent}"


def _lazy(candidate: Candidate, count: _Count, compression: str) -> LazyTensor:
    """Return the records as one tensor of byte strings, so that they are read and verified as weights are."""
    data = candidate.tree.view(candidate.name)
    name = candidate.name.rpartition("/")[2]
    spec = TensorSpec(name, "string", (count.records,), count.nbytes, "metadata")
    return LazyTensor(spec, partial(_read_all, data, compression), partial(_verify_all, data, compression))


def _read_all(data: Buffer, compression: str) -> npt.NDArray[Any]:
    import numpy as np

    records = list(_records(data, compression))
    array = np.empty(len(records), dtype=object)
    array[:] = records
    return array


def _verify_all(data: Buffer, compression: str) -> None:
    if compression:
        for _ in read_records(unpacked(data)):
            pass
        return
    for start, end in record_spans(data):
        verify_record(data, start, end)
