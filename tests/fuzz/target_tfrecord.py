"""Fuzz the TFRecord reader: framing, compression, and the examples inside."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.formats import tfrecord
from loadstone.formats.examples import features_of
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.example import EXAMPLE, SEQUENCE_EXAMPLE
from loadstone.wire.tfrecord import frame
from tests.support.memory import single

FEATURES = {
    "image/encoded": {"bytes_list": {"value": [b"\xff\xd8" * 20]}},
    "image/height": {"int64_list": {"value": [480, -1]}},
    "box": {"float_list": {"value": [0.5, 0.25]}},
}


def fuzz(data: bytes) -> None:
    features_of(data)
    for content in (data, frame(data), zlib.compress(frame(data))):
        found = single(content, "x.tfrecord-00000-of-00002")
        try:
            if tfrecord.sniff(found):
                for tensor in tfrecord.read(found).tensors.all:
                    tensor.read()
        except LoadstoneError:
            continue


def seeds() -> Iterator[bytes]:
    example = encode(EXAMPLE, {"features": {"feature": FEATURES}})
    lists = {"feature_list": {"steps": {"feature": [FEATURES["box"], FEATURES["box"]]}}}
    yield example
    yield frame(example) + frame(b"")
    yield encode(SEQUENCE_EXAMPLE, {"context": {"feature": FEATURES}, "feature_lists": lists})
    yield zlib.compress(frame(example))
