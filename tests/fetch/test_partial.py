"""The partial file and its journal: what is believed after a crash of the process, of the machine, of the file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from loadstone.fetch import partial as partial_module
from loadstone.fetch.hashing import Hasher, hash_file
from loadstone.fetch.partial import Partial, Remote
from tests.fetch.support import sha256

REMOTE = Remote("http://127.0.0.1/x", '"v1"', "", 1000, "")
DATA = bytes(range(250)) * 4


def _begun(path: Path, count: int) -> None:
    part = Partial(str(path))
    part.begin(REMOTE)
    part.append(DATA[:count])
    part.close()


def test_a_part_is_continued_where_it_stopped(tmp_path: Path) -> None:
    _begun(tmp_path / "x.part", 400)
    part = Partial(str(tmp_path / "x.part"))
    assert (part.offset, part.remote) == (400, REMOTE)
    part.prepare(())
    part.append(DATA[400:])
    assert part.digests()["sha256"] == sha256(DATA)
    part.settle()
    part.close()
    assert (tmp_path / "x.part").read_bytes() == DATA


@pytest.mark.parametrize(
    "journal",
    [b"", b"{", b"[]\n", b"not json\n", b'{"version": 99}\n', b'{"version": 1, "url": 3}\n', b"\xff\xfe\n", b"null\n"],
)
def test_without_a_whole_journal_nothing_is_believed(journal: bytes, tmp_path: Path) -> None:
    _begun(tmp_path / "x.part", 400)
    (tmp_path / "x.part.journal").write_bytes(journal)
    part = Partial(str(tmp_path / "x.part"))
    assert part.offset == 0
    part.close()


def test_a_torn_checkpoint_is_not_believed_and_the_rest_is(tmp_path: Path) -> None:
    _begun(tmp_path / "x.part", 400)
    with (tmp_path / "x.part.journal").open("ab") as stream:
        stream.write(b'{"at": 100, "sha')
    part = Partial(str(tmp_path / "x.part"))
    assert part.offset == 400
    part.close()


def _with_checkpoint(path: Path, at: int, digest: str) -> None:
    _begun(path, 400)
    with path.with_name(path.name + ".journal").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"at": at, "sha256": digest}) + "\n")


def test_after_a_crash_of_the_machine_only_checkpoints_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.part"
    _with_checkpoint(path, 300, sha256(DATA[:300]))
    monkeypatch.setattr(partial_module, "_boot", lambda: "another boot")
    part = Partial(str(path))
    assert part.offset == 300
    part.prepare(())
    part.append(DATA[300:])
    assert part.digests()["sha256"] == sha256(DATA)
    part.settle()
    part.close()
    assert path.read_bytes() == DATA


def test_where_boots_have_no_name_only_checkpoints_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partial_module, "_boot", lambda: "")
    _with_checkpoint(tmp_path / "x.part", 300, sha256(DATA[:300]))
    part = Partial(str(tmp_path / "x.part"))
    assert part.offset == 300
    part.close()


def test_a_prefix_that_contradicts_its_checkpoint_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "x.part"
    _with_checkpoint(path, 300, sha256(DATA[:300]))
    with path.open("r+b") as stream:
        stream.seek(10)
        stream.write(b"!")
    part = Partial(str(path))
    part.prepare(())
    assert part.offset == 0
    part.close()
    assert path.stat().st_size == 0


def test_beginning_again_never_leaves_a_journal_for_other_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.part"
    _begun(path, 400)
    part = Partial(str(path))
    part.begin(REMOTE._replace(etag='"v2"'))
    part.close()
    again = Partial(str(path))
    assert again.offset == 0
    again.close()
    assert b'"v2' in (tmp_path / "x.part.journal").read_bytes().replace(b"\\", b"")


@pytest.mark.parametrize(
    ("remote", "validator"),
    [
        (Remote("u", '"a"', "Mon"), '"a"'),
        (Remote("u", 'W/"a"', "Mon"), ""),
        (Remote("u", "", "Mon"), "Mon"),
        (Remote("u"), ""),
    ],
)
def test_only_strong_validators_guard_a_seam(remote: Remote, validator: str) -> None:
    assert remote.validator == validator


def test_checkpoints_carry_the_hash_of_what_is_durable(tmp_path: Path) -> None:
    seen: list[tuple[int, str]] = []
    hasher = Hasher((), lambda at, digest: seen.append((at, digest)), checkpoint_seconds=0.0)
    for at in range(0, 1000, 100):
        hasher.feed(DATA[at : at + 100])
    hasher.digests()
    hasher.close()
    assert seen
    assert all(digest == sha256(DATA[:at]) for at, digest in seen)


def test_trouble_in_the_hashing_thread_is_raised_where_it_can_be_met(tmp_path: Path) -> None:
    def full(_at: int, _digest: str) -> None:
        raise OSError(28, "No space left on device")

    hasher = Hasher((), full, checkpoint_seconds=0.0)
    hasher.feed(b"x")
    with pytest.raises(OSError, match="No space"):
        hasher.digests()
    hasher.close()


def test_all_algorithms_agree_with_the_standard_library(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "x"
    path.write_bytes(os.urandom(3_000_000))
    digests = hash_file(str(path), ("sha256", "md5", "crc32c", "sha1", "sha512"))
    for name in ("sha256", "md5", "sha1", "sha512"):
        assert digests[name] == hashlib.new(name, path.read_bytes()).hexdigest()
    path.write_bytes(b"123456789")
    # The check value of CRC-32C in every catalogue of CRCs.
    assert hash_file(str(path), ("crc32c",))["crc32c"] == "e3069283"
