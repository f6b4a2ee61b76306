"""Fuzz target: bounded JSON."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.wire.json import parse_json


def fuzz(data: bytes) -> None:
    try:
        parse_json(data)
    except LoadstoneError:
        return


def seeds() -> Iterator[bytes]:
    yield b'{"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "Dense", "config": {}}]}}'
    yield b'[1, -2.5e3, true, false, null, NaN, -Infinity, "\\ud83d\\ude00 \\"x\\\\"]'
    yield b'\xef\xbb\xbf{"a": {"b": {"c": []}}}'
