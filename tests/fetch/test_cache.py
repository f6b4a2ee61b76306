"""The cache: stamps, damage, other names, other tools' files, tidying, and copies elsewhere."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from pathlib import Path

import pytest

from loadstone.fetch import shelf, store
from loadstone.fetch.catalogue import Entry
from loadstone.settings import home as cache_home
from tests.fetch.server import FaultServer
from tests.fetch.support import Command, archive, sha256, weights_of


def test_the_place_is_the_platforms_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import platformdirs

    monkeypatch.delenv("LOADSTONE_HOME", raising=False)
    for value in (None, str(tmp_path), "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", value) if value else monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        if value != "relative":
            assert cache_home() == platformdirs.user_cache_dir("loadstone", appauthor=False)
    monkeypatch.setenv("LOADSTONE_HOME", "~/models")
    assert cache_home() == os.path.expanduser("~/models")


@pytest.mark.parametrize("damage", ["content", "length", "missing", "manifest"])
def test_what_was_damaged_is_put_aside_and_fetched_again(damage: str, command: Command, payload: bytes) -> None:
    with FaultServer(payload) as server:
        path = command("get", server.url).path / "weights.bin"
        if damage == "content":
            path.write_bytes(path.read_bytes()[:-1] + b"!")
        elif damage == "length":
            os.truncate(path, 10)
        elif damage == "missing":
            path.unlink()
        else:
            (path.parents[2] / "object.json").write_text("{")
        again = command("get", server.url)
        assert again.code == 0, again.err
        assert (again.path / "weights.bin").read_bytes() == weights_of(payload)


def test_a_touched_file_is_hashed_once_and_kept(command: Command, payload: bytes) -> None:
    with FaultServer(payload) as server:
        path = command("get", server.url).path / "weights.bin"
        os.utime(path, ns=(1, 1))
        assert shelf.everything()[0].changed == "model/weights.bin"
        assert command("get", server.url).code == 0
        assert shelf.everything()[0].changed == ""
        assert len(server.requests) == 1


def test_verify_names_what_is_damaged_and_moves_it(command: Command, payload: bytes) -> None:
    with FaultServer(payload) as server:
        path = command("get", server.url).path / "weights.bin"
        sound = command("verify")
        assert sound.code == 0
        assert sound.out.startswith("sound")
        status = path.stat()
        path.write_bytes(bytes(status.st_size))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        damaged = command("verify", "--json")
        assert damaged.code == 1
        row = damaged.document["checked"][0]
        assert row["damaged"] == ["model/weights.bin"]
        assert Path(row["aside"]).is_dir()
        assert command("get", server.url).code == 0


def test_verify_looks_at_any_file(command: Command, payload: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(payload)
    assert command("verify", str(path)).code == 0
    assert command("verify", f"{path}@sha256:{sha256(payload)}").code == 0
    assert command("verify", str(path), "--sha256", "0" * 64).code == 1
    path.write_bytes(payload[:-10])
    assert command("verify", str(path)).code == 1
    assert command("verify", "keras:ResNet50").code == 3


def test_the_same_content_under_another_name_is_not_fetched_twice(command: Command, payload: bytes) -> None:
    with FaultServer(payload) as one, FaultServer(payload) as other:
        first = command("get", one.url)
        second = command("get", f"{other.url}@sha256:{sha256(payload)}")
        assert second.out == first.out
        assert "here already" in second.err
        assert other.requests == []


def test_an_archive_may_stay_an_archive_under_another_suffix(command: Command, payload: bytes) -> None:
    with FaultServer(payload) as server, FaultServer(payload, name="model.bin") as plain:
        assert command("get", server.url).path.is_dir()
        assert command("get", f"{plain.url}@sha256:{sha256(payload)}").path.read_bytes() == payload


def test_a_kept_name_with_another_hash_than_demanded(command: Command, payload: bytes) -> None:
    with FaultServer(payload) as server:
        command("get", server.url)
        refused = command("get", f"{server.url}@sha256:{'0' * 64}")
        assert refused.code == 5
        assert "whose sha256 you named" in refused.err
        assert command("get", server.url).code == 0


def test_rm_and_prune(command: Command, payload: bytes) -> None:
    with FaultServer(payload) as server, FaultServer(payload[:5000], "drop_norange") as broken:
        command("get", server.url)
        assert command("get", broken.url).code == 5
        assert "in 1 downloads" in command("cache", "list").err
        assert command("cache", "prune").out == ""
        old = next((command.home / "partial").glob("*.part"))
        os.utime(old, (time.time() - 30 * 86400,) * 2)
        assert "partial" in command("cache", "prune", "--dry-run").out
        assert old.exists()
        command("cache", "prune")
        assert not list((command.home / "partial").iterdir())
        freed = command("cache", "rm", server.url)
        assert freed.code == 0
        assert command.everything() == {}
        assert command("cache", "rm", server.url, "--forget").code == 0
        assert command("cache", "rm", server.url).code == 3


def test_prune_takes_what_no_name_means(command: Command, payload: bytes) -> None:
    with FaultServer(payload) as server:
        path = command("get", server.url).path
        shutil.rmtree(command.home / "names")
        (command.home / "objects" / ".new-something").mkdir()
        (command.home / "pins" / "x.json.123.new").touch()
        out = command("cache", "prune").out
        assert "unnamed" in out
        assert "unfinished" in out
        assert "half-written" in out
        assert not path.exists()


def test_cache_path_and_list_as_json(command: Command, payload: bytes) -> None:
    assert command("cache", "path").out.strip() == str(command.home)
    with FaultServer(payload) as server:
        path = command("get", server.url).path
        row = command("cache", "list", "--json").document["kept"][0]
    assert row["id"] == server.url
    assert row["path"] == str(path)
    assert row["on_disk"] > len(weights_of(payload))


@pytest.fixture
def keras_entry(monkeypatch: pytest.MonkeyPatch) -> tuple[Entry, bytes]:
    """A weights file of the catalogue whose published hash is that of bytes made up here."""
    from loadstone.fetch import catalogue

    content = b"\x89HDF\r\n\x1a\n" + bytes(range(256)) * 20
    entry = next(entry for entry in catalogue.entries() if entry.id == "keras:ResNet50")
    monkeypatch.setattr(entry, "digest", ("md5", hashlib.md5(content, usedforsecurity=False).hexdigest()))
    return entry, content


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "truncated"])
def test_a_keras_cache_is_adopted_if_its_file_verifies(
    whole: bool, command: Command, keras_entry: tuple[Entry, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, content = keras_entry
    theirs = tmp_path / "keras" / "models" / entry.file_name
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(content if whole else content[:-100])
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    with FaultServer(content, name=entry.file_name) as server:
        monkeypatch.setenv("LOADSTONE_MIRROR", f"{entry.url}={server.url}")
        ran = command("get", "keras:resnet50")
        assert ran.code == 0, ran.err
        assert ran.path.read_bytes() == content
        assert ran.path.name == entry.file_name
        assert (server.requests == []) is whole
    assert ("adopted from" in ran.err) is whole
    # Nothing of the other tool's cache was touched, and nothing of ours hangs on it.
    theirs.write_bytes(b"overwritten by its owner")
    assert ran.path.read_bytes() == content


def test_a_catalogue_hash_that_does_not_hold(
    command: Command, keras_entry: tuple[Entry, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, content = keras_entry
    with FaultServer(content + b"!", name=entry.file_name) as server:
        monkeypatch.setenv("LOADSTONE_MIRROR", f"{entry.url}={server.url}")
        ran = command("get", "keras:ResNet50")
    assert ran.code == 5
    assert "whose md5 the catalogue named" in ran.err


def test_output_puts_a_copy_and_never_overwrites_unasked(command: Command, payload: bytes, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    with FaultServer(payload) as server:
        placed = command("get", server.url, "-o", str(target)).path
        assert placed == target / "model"
        assert (placed / "weights.bin").read_bytes() == weights_of(payload)
        assert command("get", server.url, "-o", str(target)).code == 0
        (placed / "weights.bin").write_bytes(b"mine")
        refused = command("get", server.url, "-o", str(target))
        assert refused.code == 3
        assert (placed / "weights.bin").read_bytes() == b"mine"
        assert command("get", server.url, "-o", str(target), "--force").code == 0
        assert (placed / "weights.bin").read_bytes() == weights_of(payload)
        named = command("get", server.url, "-o", str(tmp_path / "named")).path
        assert (named / "weights.bin").exists()
    assert not [path for path in target.iterdir() if path.name.startswith(".")]


def test_paths_are_handed_out_and_archives_unpacked_once(command: Command, payload: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mine.tar.gz"
    path.write_bytes(payload)
    first = command("get", str(path))
    assert first.code == 0, first.err
    assert (first.path / "weights.bin").read_bytes() == weights_of(payload)
    assert command("get", str(path)).out == first.out
    assert command("get", str(tmp_path)).path == tmp_path
    assert command("get", f"{path}@sha256:{'0' * 64}").code == 5
    path.write_bytes(archive(1000, seed=9))
    assert command("get", str(path)).out != first.out


def test_a_rootless_archive_gets_a_telling_folder(command: Command) -> None:
    from tests.fetch.hostile import packed, tar

    payload = packed(tar(("saved_model.pb", b"x"), ("variables/variables.index", b"y")))
    with FaultServer(payload, name="efficientdet_lite.tar.gz") as server:
        ran = command("get", server.url)
    assert ran.path.name == "efficientdet_lite"
    assert (ran.path / "variables" / "variables.index").read_bytes() == b"y"


def test_a_mirror_serves_but_does_not_name(command: Command, payload: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(payload) as server:
        base = server.url.rpartition("/")[0]
        rule = f"https://download.tensorflow.org/models/object_detection/tf2/20200711={base}"
        monkeypatch.setenv("LOADSTONE_MIRROR", rule)
        ran = command("get", "SSD MobileNet V2 FPNLite 320x320")
        assert ran.code == 0, ran.err
        assert "COCO mAP 22.2" in ran.err
        assert server.requests[0].path == "/ssd_mobilenet_v2_fpnlite_320x320_coco17_tpu-8.tar.gz"
    assert command("list", "--here").out.startswith("● ssd_mobilenet_v2_fpnlite_320x320")
    document = command("list", "fpnlite", "320", "--json").document
    assert [model["here"] for model in document["models"]] == [True]
    monkeypatch.setenv("LOADSTONE_MIRROR", "nonsense")
    assert "LOADSTONE_MIRROR cannot be read" in command("get", "faster_rcnn_nas").err


def test_records_that_are_broken_are_not_believed(command: Command, payload: bytes) -> None:
    with FaultServer(payload) as server:
        command("get", server.url)
        for record in (command.home / "names").iterdir():
            record.write_text(json.dumps({"version": 1, "id": server.url}))
        assert command("get", server.url).code == 0
        for record in [*(command.home / "names").iterdir(), *(command.home / "typed").iterdir()]:
            record.write_bytes(b"\xff{")
        assert command("get", server.url).code == 0


def test_two_writers_of_one_object(command: Command, payload: bytes, tmp_path: Path) -> None:
    source = tmp_path / "x.tar.gz"
    source.write_bytes(payload)
    for identity in ("one", "other"):
        store.add(identity, str(source), name="x.tar.gz", sha256=sha256(payload), unpacks=True)
    assert [path.name for path in (command.home / "objects").iterdir()] == [f"{sha256(payload)[:32]}.d"]


def _saved_model(folder: Path) -> None:
    """Write a small real checkpoint bundle as a Hub module's folder would hold it."""
    tensorflow = pytest.importorskip("tensorflow")
    module = tensorflow.Module()
    module.weight = tensorflow.Variable([[1.0, 2.0], [3.0, 4.0]])
    tensorflow.saved_model.save(module, str(folder))


@pytest.mark.tensorflow
def test_a_hub_cache_is_adopted_if_its_tensors_verify(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "https://tfhub.dev/tensorflow/ssd_mobilenet_v2/2"
    folder = tmp_path / "hub" / hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()
    _saved_model(folder)
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
    monkeypatch.setenv("LOADSTONE_MIRROR", "https://tfhub.dev/=http://127.0.0.1:9/")
    monkeypatch.setenv("LOADSTONE_ATTEMPTS", "1")
    ran = command("get", address)
    assert ran.code == 0, ran.err
    assert "adopted from" in ran.err
    assert (ran.path / "saved_model.pb").read_bytes() == (folder / "saved_model.pb").read_bytes()
    assert command("verify").code == 0
    command("cache", "rm", "--forget", address)
    data = next((folder / "variables").glob("*.data-*"))
    content = bytearray(data.read_bytes())
    content[1] ^= 1
    data.write_bytes(bytes(content))
    assert command("get", address).code == 5


def test_a_kaggle_cache_is_adopted_if_its_file_is_whole(
    command: Command, payload: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = tmp_path / "kaggle" / "models" / "tensorflow" / "efficientdet" / "tfLite" / "lite0" / "1"
    version.mkdir(parents=True)
    (version / "model.tar.gz").write_bytes(payload)
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "kaggle"))
    name = "kaggle://tensorflow/efficientdet/tfLite/lite0/1/model.tar.gz"
    unfinished = command("get", name)
    assert unfinished.code == 4
    assert "loadstone[kaggle]" in unfinished.err
    version.with_name("1.complete").touch()
    ran = command("get", name)
    assert ran.code == 0, ran.err
    assert ran.path.read_bytes() == payload
