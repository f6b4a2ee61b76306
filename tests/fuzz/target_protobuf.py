"""Fuzz the protobuf reader: every field of a SavedModel's schema, and each constant's values."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.formats.graph.tensor_proto import parse_constant
from loadstone.wire.protobuf import Message
from loadstone.wire.schemas.graph import TENSOR
from loadstone.wire.schemas.saved_model import SAVED_MODEL
from tests.support.graphs import floats, small_saved_model, strings


def fuzz(data: bytes) -> None:
    """Walk the bytes as a SavedModel, then read them as one constant."""
    for step in (_walk_saved_model, _read_constant):
        try:
            step(data)
        except LoadstoneError:
            continue


def _walk_saved_model(data: bytes) -> None:
    _walk(Message(data, SAVED_MODEL))


def _read_constant(data: bytes) -> None:
    parse_constant(Message(data, TENSOR)).read()


def _walk(message: Message) -> None:
    for field, (_, declared) in message.kind.fields.items():
        plain = declared.lstrip("*")
        if plain.startswith("map:") and plain[4:] in message.kind.registry:
            for inner in message.mapping(field).values():
                _walk(inner)
        elif plain in message.kind.registry:
            for inner in message.messages(field):
                _walk(inner)
        elif plain in ("string", "bytes"):
            message.texts(field)
        elif plain in ("float", "double"):
            message.fixed_bytes(field)
        elif not plain.startswith("map:"):
            message.sints(field)


def seeds() -> Iterator[bytes]:
    """Yield a SavedModel and constants of two kinds."""
    from loadstone.wire.protobuf_writer import encode

    yield small_saved_model()
    yield encode(TENSOR, floats(1, 2, 3)["tensor"])
    yield encode(TENSOR, strings(b"a", b"bc")["tensor"])
    yield encode(TENSOR, {"dtype": 9, "tensor_shape": {"dim": [{"size": 4}]}, "int64_val": [-1, 2**40]})
