"""Fuzz the safetensors reader, header and arrays."""

from __future__ import annotations

import io
from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.formats import safetensors
from loadstone.formats.registry import Candidate
from loadstone.wire.safetensors_writer import Entry, SafetensorsWriter
from tests.support.memory import MemoryTree


def fuzz(data: bytes) -> None:
    candidate = Candidate("a.safetensors", MemoryTree({"a.safetensors": data}), "a.safetensors", is_folder=False)
    if not safetensors.sniff(candidate):
        return
    try:
        for tensor in safetensors.read(candidate).tensors.all:
            tensor.read()
    except LoadstoneError:
        pass


def seeds() -> Iterator[bytes]:
    for dtype, width in (("F32", 4), ("BF16", 2), ("I64", 8)):
        stream = io.BytesIO()
        entries = [Entry("conv/kernel", dtype, (2, 3)), Entry("step", dtype, ())]
        writer = SafetensorsWriter(stream, entries, {"format": "np"})
        for entry, count in zip(entries, (6, 1), strict=True):
            writer.add(entry, memoryview(bytes(range(count * width))))
        writer.finish()
        yield stream.getvalue()
