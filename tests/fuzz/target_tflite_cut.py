"""Fuzz the change that lets OpenVINO read a TFLite file: it writes into a copy at offsets that the file gives."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from loadstone.errors import LoadstoneError
from loadstone.runtime.conversions.tflite_cut import cut
from tests.support.flatbuffers import Numbers
from tests.support.tflite import OPTIONS, tflite


def fuzz(data: bytes) -> None:
    try:
        changed = cut(data).data
    except LoadstoneError:
        return
    assert len(changed) == len(data)


def seeds() -> Iterator[bytes]:
    yield tflite()
    yield detector()


def detector() -> bytes:
    """Return a model that ends in the detection operator: two anchors, three classes, a bias with a wrong axis."""
    by_channel = {2: Numbers("f", (0.5, 0.25)), 3: Numbers("q", (0, 0)), 6: ("i", 3)}
    tensors: list[dict[int, Any]] = [
        {0: Numbers("i", (1, 2, 4)), 1: ("b", 0), 3: "boxes"},
        {0: Numbers("i", (1, 2, 3)), 1: ("b", 0), 3: "scores"},
        {0: Numbers("i", (2, 4)), 1: ("b", 0), 2: ("I", 1), 3: "anchors"},
        *({0: Numbers("i", (1, 1)), 1: ("b", 0), 3: f"out_{number}"} for number in range(4)),
        {0: Numbers("i", (2,)), 1: ("b", 2), 3: "bias", 4: by_channel},
    ]
    operator = {0: ("I", 0), 1: Numbers("i", (0, 1, 2)), 2: Numbers("i", (3, 4, 5, 6)), 5: Numbers("B", tuple(OPTIONS))}
    graph = {0: tensors, 1: Numbers("i", (0, 1)), 2: Numbers("i", (3, 4, 5, 6)), 3: [operator], 4: "main"}
    anchors = Numbers("B", tuple(struct.pack("<8f", *range(8))))
    code = {0: ("b", 32), 1: "TFLite_Detection_PostProcess"}
    return tflite(slot_1=[code], slot_2=[graph], slot_4=[{}, {0: anchors}], slot_6=[])
