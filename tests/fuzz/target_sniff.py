"""Fuzz the way from any bytes to an account: the registry, whichever reader it chooses, and its lazy tensors."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.formats.registry import read
from tests.support.memory import single
from tests.support.tars import tarred
from tests.support.tfjs import graph, layers
from tests.support.tflite import tflite
from tests.support.zips import zipped

_TENSORS = 20
_ELEMENTS = 1_000_000


def fuzz(data: bytes) -> None:
    try:
        model = read(single(data, "model"))
    except LoadstoneError:
        return
    for tensor in model.tensors.all[:_TENSORS]:
        if tensor.spec.elements <= _ELEMENTS:
            try:
                tensor.read()
            except LoadstoneError:
                continue


def seeds() -> Iterator[bytes]:
    yield b""
    yield b"version https://git-lfs.github.com/spec/v1\noid sha256:2d88\nsize 52290170\n"
    yield b"\n<!DOCTYPE html><title>x</title>"
    yield b"item {\n  id: 1\n  name: 'gate'\n}\n"
    yield b"model {\n  ssd {\n    num_classes: 3\n  }\n}\n"
    yield b'model_checkpoint_path: "ckpt-0"\n'
    yield b'node { name: "x" op: "Placeholder" }\n'
    yield b"\x0a\x12\x0a\x01x\x12\x0bPlaceholder"
    yield b"\x08\x01\x12\x04\x0a\x00\x12\x00"
    yield tflite()
    yield zipped([("config.json", b"{}"), ("model.weights.h5", b"\x89HDF\r\n\x1a\n")])
    yield tarred([("m.tflite", tflite())], "gzip")
    yield gzip.compress(b"\x0a\x12\x0a\x01x\x12\x0bPlaceholder")
    yield layers()["model.json"]
    yield graph()["model.json"]
