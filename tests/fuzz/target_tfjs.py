"""Fuzz the TensorFlow.js reader with `model.json`; the shards are healthy."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.formats import tfjs
from loadstone.formats.registry import Candidate
from tests.support.memory import MemoryTree
from tests.support.tfjs import graph, layers

_SHARDS = {**layers(), **graph()}


def fuzz(data: bytes) -> None:
    candidate = Candidate("model.json", MemoryTree({**_SHARDS, "model.json": data}), "model.json", is_folder=False)
    try:
        for tensor in tfjs.read(candidate).tensors.all:
            tensor.read()
    except LoadstoneError:
        pass


def seeds() -> Iterator[bytes]:
    yield layers()["model.json"]
    yield graph()["model.json"]
