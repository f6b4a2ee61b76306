"""The cache of prepared networks: whole or not there, whatever happens."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from loadstone.errors import FormatError
from loadstone.runtime import cache
from loadstone.runtime.engine import Prepared
from loadstone.runtime.manifest import Manifest

MANIFEST = Manifest(
    "tflite", "detection", "tensors", {"names": ["a"]}, input_size=(3, 5), labels={1: "ö"}, notes=("x",), warm_up=True
)
PREPARED = Prepared(
    MANIFEST,
    b"network" * 50,
    {"anchors": np.arange(8, dtype=np.float32).reshape(2, 4)},
    later=(b"second" * 40, b"third" * 30),
)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADSTONE_HOME", str(tmp_path / "home"))


def kept(key: str = "k") -> Path:
    folder = cache.workplace()
    cache.write_files(folder, PREPARED)
    cache.keep(folder, key)
    return cache.plans() / key


def test_a_plan_comes_back_as_it_was() -> None:
    kept()
    found = cache.find("k")
    assert found is not None
    assert found.manifest == MANIFEST
    assert found.network == PREPARED.network
    assert found.later == PREPARED.later
    np.testing.assert_array_equal(found.arrays["anchors"], PREPARED.arrays["anchors"])


@pytest.mark.parametrize("name", [cache.MANIFEST, cache.NETWORK, cache.ARRAYS, cache.LATER.format(2)])
@pytest.mark.parametrize("harm", ["cut", "flip", "remove", "empty"])
def test_any_damage_is_noticed_and_the_plan_removed(name: str, harm: str) -> None:
    path = kept() / name
    content = path.read_bytes()
    if harm == "remove":
        path.unlink()
    elif harm == "flip" and name == cache.MANIFEST:
        path.write_bytes(content.replace(b'"network.blob": [', b'"network.blob": [1'))
    else:
        path.write_bytes({"cut": content[:-3], "flip": content[:9] + b"?" + content[10:], "empty": b""}[harm])
    assert cache.find("k") is None
    assert not path.parent.exists()


def test_the_first_of_two_processes_wins_and_the_other_leaves_nothing() -> None:
    kept()
    kept()
    assert sorted(path.name for path in cache.plans().iterdir()) == ["k"]


def test_what_a_killed_preparation_left_is_swept_after_a_day() -> None:
    old, fresh = cache.workplace(), cache.workplace()
    os.utime(old, (0, 0))
    cache.workplace()
    assert not old.exists()
    assert fresh.exists()


def test_a_manifest_of_another_version_is_refused() -> None:
    record = MANIFEST.as_json()
    with pytest.raises(FormatError, match="another version"):
        Manifest.from_json({**record, "schema": 99})
    with pytest.raises(FormatError, match="lacks a field"):
        Manifest.from_json({"schema": record["schema"]})


def test_content_decides_the_key(tmp_path: Path) -> None:
    one, other = tmp_path / "a" / "m.pb", tmp_path / "b" / "m.pb"
    for path in (one, other):
        path.parent.mkdir()
        path.write_bytes(b"same")
    assert cache.content_key([one], "v1") == cache.content_key([other], "v1")
    assert cache.content_key([one], "v1") != cache.content_key([one], "v2")
    other.write_bytes(b"else")
    assert cache.content_key([one], "v1") != cache.content_key([other], "v1")


def test_a_stamp_holds_until_the_file_changes(tmp_path: Path) -> None:
    model = tmp_path / "m.pb"
    model.write_bytes(b"one")
    assert cache.recall([model], "v") is None
    cache.remember([model], "v", "key")
    assert cache.recall([model], "v") == "key"
    assert cache.recall([model], "another version") is None
    os.utime(model, ns=(0, 0))
    assert cache.recall([model], "v") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_cannot_be_written_is_tolerated(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    folder = cache.workplace()
    cache.write_files(folder, PREPARED)
    assert cache.read_files(folder).manifest == MANIFEST
    cache.keep(folder, "k")
    cache.remember([home], "v", "key")
    assert cache.find("k") is None


def test_a_home_that_is_a_file_is_tolerated(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"")
    folder = cache.workplace()
    cache.write_files(folder, PREPARED)
    cache.keep(folder, "k")
    cache.remember([tmp_path / "home"], "v", "key")
    assert cache.find("k") is None
    assert not folder.exists()
