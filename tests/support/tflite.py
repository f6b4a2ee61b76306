"""A small TFLite detector in form: one convolution's weights, one custom operation, metadata, a packed label file."""

from __future__ import annotations

import struct
from typing import Any

from tests.support.flatbuffers import Numbers, build
from tests.support.zips import zipped

# {"max_detections": 10, "nms_iou_threshold": 0.5, "num_classes": 2} as a flexbuffer.
OPTIONS = bytes.fromhex(
    "6d61785f646574656374696f6e73006e6d735f696f755f7468726573686f6c64006e756d5f636c617373657300032e200f"
    "0000000600000001000000030000000a0000000000003f02000000060e060f2601"
)

METADATA: dict[int, Any] = {
    0: "tiny",
    3: [{3: [{0: "scores", 6: [{0: "labels.txt", 2: ("b", 2)}]}]}],
}


def model(**changes: Any) -> dict[int, Any]:
    """Return the root table of the model; `changes` replace slots (`slot_0=...`)."""
    metadata = build(METADATA, b"M001")
    table: dict[int, Any] = {
        0: ("I", 3),
        1: [{0: ("b", 3)}, {0: ("b", 32), 1: "TFLite_Detection_PostProcess"}, {0: ("b", 32), 1: "FlexErf"}],
        2: [subgraph()],
        3: "made by a test",
        4: [{}, {0: Numbers("B", tuple(struct.pack("<6f", *range(6))))}, {0: Numbers("B", tuple(metadata))}],
        6: [{0: "TFLITE_METADATA", 1: ("I", 2)}],
        7: [{0: [{0: "image", 1: ("I", 0)}], 1: [{0: "scores", 1: ("I", 2)}], 2: "serving_default"}],
    }
    table.update({int(name.removeprefix("slot_")): value for name, value in changes.items()})
    return table


def subgraph() -> dict[int, Any]:
    """Return the one subgraph: picture → convolution → post-processing."""
    quantised = {2: Numbers("f", (0.5,)), 3: Numbers("q", (128,))}
    tensors = [
        {0: Numbers("i", (1, 8, 8, 3)), 1: ("b", 3), 3: "image", 4: quantised, 7: Numbers("i", (-1, 8, 8, 3))},
        {0: Numbers("i", (2, 3)), 1: ("b", 0), 2: ("I", 1), 3: "kernel"},
        {0: Numbers("i", (1, 2)), 1: ("b", 0), 3: "scores"},
    ]
    operators = [
        {0: ("I", 0), 1: Numbers("i", (0, 1, -1)), 2: Numbers("i", (2,))},
        {0: ("I", 1), 1: Numbers("i", (2,)), 2: Numbers("i", (2,)), 5: Numbers("B", tuple(OPTIONS))},
        {0: ("I", 2), 1: Numbers("i", (2,)), 2: Numbers("i", (2,))},
    ]
    return {0: tensors, 1: Numbers("i", (0,)), 2: Numbers("i", (2,)), 3: operators, 4: "main"}


def tflite(**changes: Any) -> bytes:
    """Return the model's bytes with its label file packed behind."""
    return build(model(**changes), b"TFL3") + zipped([("labels.txt", b"cat\ndog\n")])
