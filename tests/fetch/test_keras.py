"""Standing in for `keras.utils.get_file`, and building a backbone through the verified path."""

from __future__ import annotations

import hashlib
import inspect
import os
from pathlib import Path

import pytest

from loadstone.errors import LoadstoneError, SourceError
from loadstone.fetch import backbone, get_file
from tests.fetch.server import FaultServer
from tests.fetch.support import archive, weights_of

CONTENT = bytes(range(256)) * 100
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


@pytest.fixture
def keras_home(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keras's own folder, empty."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras"


def test_the_arguments_are_those_of_keras() -> None:
    keras = pytest.importorskip("keras")
    theirs = inspect.signature(keras.utils.get_file).parameters
    ours = inspect.signature(get_file).parameters
    assert list(ours)[: len(theirs)] == list(theirs)
    assert all(ours[name].default == theirs[name].default for name in theirs)


@pytest.mark.parametrize(
    "given", [{}, {"file_hash": MD5}, {"md5_hash": MD5}, {"file_hash": MD5, "hash_algorithm": "md5"}]
)
def test_a_file_lies_where_keras_would_put_it(given: dict[str, str], keras_home: Path) -> None:
    with FaultServer(CONTENT, "drop_range", name="weights.bin") as server:
        path = get_file("w.bin", server.url, cache_subdir="models", **given)  # type: ignore[arg-type]
        assert path == str(keras_home / "models" / "w.bin")
        assert Path(path).read_bytes() == CONTENT
        count = len(server.requests)
        assert get_file("w.bin", server.url, cache_subdir="models", **given) == path  # type: ignore[arg-type]
        assert len(server.requests) == count
        get_file("w.bin", server.url, cache_subdir="models", force_download=True)
        assert len(server.requests) > count
    assert os.listdir(keras_home / "models") == ["w.bin"]


def test_the_truncated_file_of_an_earlier_run_is_fetched_again(keras_home: Path) -> None:
    payload = archive(30_000)
    target = keras_home / "datasets" / "model.tar.gz"
    target.parent.mkdir(parents=True)
    target.write_bytes(payload[:9000])
    with FaultServer(payload) as server:
        assert Path(get_file(origin=server.url)).read_bytes() == payload


@pytest.mark.parametrize(
    ("fname", "folder"), [(None, "model.tar.gz"), ("x.tar.gz", "x_extracted"), ("plain", "plain")], ids=str
)
def test_extracting_names_folders_as_keras_does(fname: str | None, folder: str, keras_home: Path) -> None:
    payload = archive(30_000)
    with FaultServer(payload) as server:
        path = get_file(fname, server.url, extract=True)
        assert path == str(keras_home / "datasets" / folder)
        assert (Path(path) / "model" / "weights.bin").read_bytes() == weights_of(payload)
        assert get_file(fname, server.url, extract=True) == path
        assert len(server.requests) == 1


def test_the_folders_are_those_of_keras_itself(keras_home: Path, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    payload = archive(3_000)
    # Where the folder does not exist, Keras takes /tmp/.keras without a word.
    (tmp_path / "theirs").mkdir()
    with FaultServer(payload) as server:
        for given in ({}, {"fname": "x.tar.gz"}, {"fname": "x"}, {"untar": True}, {"cache_subdir": "models"}):
            extract = {"extract": True, **given}
            theirs = keras.utils.get_file(origin=server.url, cache_dir=str(tmp_path / "theirs"), **extract)
            ours = get_file(origin=server.url, cache_dir=tmp_path / "ours", **extract)  # type: ignore[arg-type]
            assert Path(ours).relative_to(tmp_path / "ours") == Path(str(theirs)).relative_to(tmp_path / "theirs")


def test_wrong_content_never_gets_the_name(keras_home: Path) -> None:
    with (
        FaultServer(CONTENT + b"!", name="w.bin") as server,
        pytest.raises(LoadstoneError, match="whose md5 you named"),
    ):
        get_file(origin=server.url, file_hash=MD5)
    assert os.listdir(keras_home / "datasets") == []


def test_arguments_that_make_no_sense(keras_home: Path) -> None:
    with pytest.raises(SourceError, match="a name, not a path"):
        get_file("a/b.h5", "http://127.0.0.1/x")
    with pytest.raises(SourceError, match="needs an origin"):
        get_file("b.h5")
    with pytest.raises(SourceError, match="hash_algorithm"):
        get_file("b.h5", "http://127.0.0.1/x", file_hash="00", hash_algorithm="crc")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Keras 3.15's OpenVINO variables under NumPy 2.4
def test_a_backbone_through_the_verified_path(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keras = pytest.importorskip("keras")
    import numpy as np

    given = {"alpha": 0.25, "include_top": False, "input_shape": (128, 128, 3)}
    built = keras.applications.MobileNet(weights=None, **given)
    built.save(tmp_path / "w.h5")
    stem = "mobilenet_2_5_128_tf_no_top.h5"
    with FaultServer((tmp_path / "w.h5").read_bytes(), "drop_range", name=stem) as server:
        folder = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet/"
        monkeypatch.setenv("LOADSTONE_MIRROR", f"{folder}={server.url.removesuffix(stem)}")
        made = backbone("MobileNet", **given)  # type: ignore[arg-type]
        assert len(server.requests) == 4
    np.testing.assert_array_equal(made.get_weights()[0], built.get_weights()[0])
    assert made.output_shape == (None, 4, 4, 256)


def test_a_backbone_that_does_not_exist() -> None:
    pytest.importorskip("keras")
    with pytest.raises(SourceError, match="ResNet51") as caught:
        backbone("ResNet51")
    assert "ResNet50" in caught.value.help


def test_a_backbone_without_weights_needs_no_network(home: Path) -> None:
    pytest.importorskip("keras")
    assert (
        backbone("MobileNet", weights=None, input_shape=(32, 32, 3), alpha=0.25, pooling="avg").output_shape[-1] == 256
    )
