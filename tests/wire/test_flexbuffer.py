"""FlexBuffers, against the values that were written; the writer is FlatBuffers' own where it is installed."""

from __future__ import annotations

import pytest

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire.flexbuffer import Value, parse
from tests.support.hostile import bit_flips, inflated, survives, truncations
from tests.support.tflite import OPTIONS

VALUES: list[Value] = [
    None,
    True,
    -5,
    300,
    2.5,
    "héé",
    b"\x00\x01",
    [],
    [1, 2, 3],
    [1, "a", 2.5, None],
    [1.5, 2.5],
    ["a", "b"],
    [True, False],
    {"a": 1, "b": [1, 2], "c": {"d": "x" * 300}},
    {"big": 2**40, "small": -1},
]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_reads_what_flatbuffers_wrote(value: Value) -> None:
    flexbuffers = pytest.importorskip("flatbuffers.flexbuffers")
    assert parse(bytes(flexbuffers.Dumps(value))) == value


def test_detection_options() -> None:
    assert parse(OPTIONS) == {"max_detections": 10, "nms_iou_threshold": 0.5, "num_classes": 2}


def test_an_offset_outside_is_refused() -> None:
    with pytest.raises(TruncatedError, match="points outside"):
        parse(b"\xff\x14\x01")


def test_a_vector_that_holds_itself_is_bounded() -> None:
    # One element of type vector whose offset leads back to the vector itself.
    loop = bytes([1, 0, 10 << 2, 2, 10 << 2, 1])
    with pytest.raises(LimitError, match="nests too deep"):
        parse(loop)


@pytest.mark.parametrize("data", [b"", b"\x00\x00", b"\x00\x04\x03", b"\x00\x78\x01"])
def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse(data)


def test_broken_buffers_end_in_an_error_or_a_value() -> None:
    for broken in (*truncations(OPTIONS, 1), *bit_flips(OPTIONS, 600), *inflated(OPTIONS, 600)):
        survives(parse, broken)
