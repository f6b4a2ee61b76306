"""Addresses of services with libraries of their own; the libraries are stood in for, the checks are ours."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from tests.fetch.server import FaultServer
from tests.fetch.support import Command, sha256


def _module(monkeypatch: pytest.MonkeyPatch, name: str, **functions: Any) -> None:
    module = types.ModuleType(name)
    for function, value in functions.items():
        setattr(module, function, value)
    monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def theirs(tmp_path: Path, payload: bytes) -> Path:
    """A file in another library's cache."""
    path = tmp_path / "theirs" / "model.tar.gz"
    path.parent.mkdir()
    path.write_bytes(payload)
    return path


def test_hugging_face(command: Command, theirs: Path, payload: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    def download(repository: str, path: str, *, revision: str | None) -> str:
        asked.append((repository, path, revision))
        return str(theirs)

    _module(monkeypatch, "huggingface_hub", hf_hub_download=download)
    ran = command("get", "hf://google/efficientdet/lite0/model.tar.gz@v2")
    assert ran.code == 0, ran.err
    assert ran.path.read_bytes() == payload
    assert asked == [("google/efficientdet", "lite0/model.tar.gz", "v2")]
    theirs.write_bytes(b"its owner goes on with it")
    assert ran.path.read_bytes() == payload
    assert command("get", "hf://google/efficientdet/lite0/model.tar.gz@v2").code == 0
    assert len(asked) == 1
    assert command("get", "hf://google/efficientdet").code == 3


def test_kaggle(command: Command, theirs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def download(handle: str, *, path: str) -> str:
        asked.append((handle, path))
        return str(theirs)

    _module(monkeypatch, "kagglehub", model_download=download)
    assert command("get", "kaggle://tensorflow/efficientdet/tfLite/lite0/1/a/model.tar.gz").code == 0
    assert command("get", "kaggle://tensorflow/efficientdet/tfLite/lite0/model.tar.gz").code == 0
    assert asked == [
        ("tensorflow/efficientdet/tfLite/lite0/1", "a/model.tar.gz"),
        ("tensorflow/efficientdet/tfLite/lite0", "model.tar.gz"),
    ]


def test_a_bucket(command: Command, payload: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def download_file(self, bucket: str, key: str, target: str) -> None:
            assert (bucket, key) == ("models", "a/model.tar.gz")
            Path(target).write_bytes(payload)

    _module(monkeypatch, "boto3", client=lambda _name: Client())
    ran = command("get", f"s3://models/a/model.tar.gz@sha256:{sha256(payload)}")
    assert ran.code == 0, ran.err
    assert ran.path.read_bytes() == payload


def test_what_they_hand_over_is_checked(
    command: Command, theirs: Path, payload: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    _module(monkeypatch, "huggingface_hub", hf_hub_download=lambda *_, **__: str(theirs))
    assert command("get", f"hf://a/b/model.tar.gz@sha256:{'0' * 64}").code == 5
    theirs.write_bytes(payload[:-9])
    cut = command("get", "hf://a/b/model.tar.gz")
    assert cut.code == 5
    assert "cut short" in cut.err
    assert command.everything() == {}


def test_a_library_that_is_not_here(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    ran = command("get", "s3://models/model.h5")
    assert ran.code == 4
    assert 'pip install "loadstone[s3]"' in ran.err


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ssd_mobilenet_v1_coco_11_06_2017", "loadstone get ssd_mobilenet_v1_coco"),
        ("ssd_mobilenet_v2_320x320", "https://tfhub.dev/tensorflow/ssd_mobilenet_v2/2"),
        ("https://tfhub.dev/tensorflow/ssd_mobilenet_v2/2", "loadstone get ssd_mobilenet_v2_320x320_coco17_tpu-8"),
        ("https://download.tensorflow.org/ssd_mobilnet_v2_coco.tar.gz", "loadstone get ssd_mobilenet_v2_coco"),
    ],
)
def test_a_file_that_is_gone_is_answered_with_another_address(
    name: str, words: str, command: Command, payload: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(payload, "404") as server:
        base = server.url.rpartition("/")[0]
        monkeypatch.setenv("LOADSTONE_MIRROR", f"https://download.tensorflow.org={base},https://tfhub.dev={base}")
        ran = command("get", name)
    assert ran.code == 5
    assert "(404)" in ran.err
    assert words in ran.err
