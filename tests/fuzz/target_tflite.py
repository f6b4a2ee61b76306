"""Fuzz the TFLite reader with whole files."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.formats import tflite
from tests.support.memory import single
from tests.support.tflite import tflite as made


def fuzz(data: bytes) -> None:
    try:
        for tensor in tflite.read(single(data, "m.tflite")).tensors.all:
            tensor.read()
    except LoadstoneError:
        pass


def seeds() -> Iterator[bytes]:
    yield made()
    yield made(slot_1=[{0: ("b", 3)}, {0: ("b", 32), 1: "edgetpu-custom-op"}, {0: ("b", 32), 1: "x"}])
