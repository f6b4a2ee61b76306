"""What vouches for a file: hashes of many kinds, the server's own words, the container's end, and at last a length."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
from pathlib import Path

import pytest

from loadstone.fetch.containers import ending
from loadstone.fetch.pages import in_place_of
from loadstone.fetch.verify import etag_digest, server_digests
from tests.fetch import hostile
from tests.fetch.server import Exchange, FaultServer
from tests.fetch.support import Command, archive

MD5 = hashlib.md5(b"x", usedforsecurity=False)
SHA = hashlib.sha256(b"x")


def _b64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"x-goog-hash": f"crc32c=4waSgw==, md5={_b64(MD5.digest())}"}, {"crc32c": "e3069283", "md5": MD5.hexdigest()}),
        ({"digest": f"SHA-256={_b64(SHA.digest())}"}, {"sha256": SHA.hexdigest()}),
        ({"repr-digest": f"sha-256=:{_b64(SHA.digest())}:"}, {"sha256": SHA.hexdigest()}),
        ({"content-digest": f"sha-256=:{_b64(SHA.digest())}:"}, {"sha256": SHA.hexdigest()}),
        ({"content-md5": _b64(MD5.digest())}, {"md5": MD5.hexdigest()}),
        ({"x-goog-hash": "md5=not base64!"}, {}),
        ({"digest": "sha-256=QUJD"}, {}),
        ({"digest": "unixsum=30637"}, {}),
        ({}, {}),
    ],
)
def test_the_servers_own_hashes(headers: dict[str, str], found: dict[str, str]) -> None:
    assert server_digests(headers) == found


def test_on_a_partial_answer_only_hashes_of_the_whole_file_count() -> None:
    headers = {"content-md5": _b64(MD5.digest()), "repr-digest": f"sha-256=:{_b64(SHA.digest())}:"}
    assert server_digests(headers, partial=True) == {"sha256": SHA.hexdigest()}


def test_an_etag_that_looks_like_a_hash() -> None:
    assert etag_digest(f'"{MD5.hexdigest()}"') == ("md5", MD5.hexdigest())
    assert etag_digest('"5e8f-abc"') is None


@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
def test_a_file_without_an_end_is_held_against_the_servers_hash(wrong: bool, command: Command) -> None:
    payload = bytes(range(256)) * 400
    stated = hashlib.md5(b"other" if wrong else payload, usedforsecurity=False).digest()

    def answer(it: Exchange) -> None:
        it.head("200 OK", {**it.base(len(payload)), "x-goog-hash": f"md5={_b64(stated)}"})
        it.body(payload)

    with FaultServer(payload, answer, name="model.bin") as server:
        ran = command("get", server.url)
    assert ran.code == (5 if wrong else 0), ran.err
    assert ("md5 stated by the server" in ran.err) is not wrong
    assert ("whose md5 the server named" in ran.err) is wrong


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 9804211\n",
            "Git LFS pointer",
        ),
        (b"<html><head><title>Login</title></head>Please sign in</html>", "a login page arrived"),
        (
            b"<html><head><title>Page not found</title></head><a>Sign in</a></html>",
            "a page that says the file is not there arrived",
        ),
        (b"<html><title>Google Drive - Quota exceeded</title></html>", "used-up quota"),
        (b"<html><title>model.h5 at main</title></html>", "a web page arrived"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "an error in XML"),
        (b'{"error": {"code": 404}}', "an error in JSON"),
        (b"", "an empty file arrived"),
    ],
)
def test_what_arrives_in_the_place_of_a_model(body: bytes, words: str, command: Command) -> None:
    with FaultServer(body, name="model.h5") as server:
        ran = command("get", server.url)
        assert ran.code == 5
        assert words in ran.err
        # It is said at once: asking again would show the same page. An empty file may be a server's hiccup.
        assert len(server.requests) == (1 if body else 2)
        assert command.everything() == {}


def test_a_web_page_that_was_asked_for_is_no_mistake() -> None:
    assert in_place_of(b"<html></html>", "page.html", "", 13) is None


def _h5(size: int, version: int) -> bytes:
    """Return the beginning of an HDF5 file that says it is `size` bytes long, filled up to that."""
    if version == 0:
        block = b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0]) + bytes(8) + bytes(8) + b"\xff" * 8
    else:
        block = b"\x89HDF\r\n\x1a\n" + bytes([version, 8, 8, 0]) + bytes(8) + b"\xff" * 8
    block += size.to_bytes(8, "little")
    return block.ljust(size, b"\0")


@pytest.mark.parametrize("version", [0, 2, 3])
def test_hdf5_ends_where_its_superblock_says(version: int, tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    path.write_bytes(_h5(5000, version))
    assert ending(str(path)).whole is True
    path.write_bytes(_h5(5000, version)[:4000])
    cut = ending(str(path))
    assert cut.whole is False
    assert "5,000 bytes, 4,000 are here" in cut.reason
    path.write_bytes(bytes(512) + _h5(5000, version))
    assert ending(str(path)).whole is True


def test_real_hdf5_files_as_the_library_writes_them(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    for driver in ("earliest", "latest"):
        path = tmp_path / f"{driver}.h5"
        with h5py.File(path, "w", libver=driver) as file:
            file["x"] = list(range(1000))
        assert ending(str(path)).whole is True
        path.write_bytes(path.read_bytes()[:-100])
        assert ending(str(path)).whole is False


# Names, since pytest would make one of the bytes, and gzip writes the time into them: two workers would differ.
@pytest.mark.parametrize(
    "data",
    [archive(20_000), hostile.zipped(hostile.FILE), gzip.compress(b"x" * 999, mtime=0), hostile.tar(hostile.FILE)],
    ids=["tar.gz", "zip", "gzip", "tar"],
)
def test_every_cut_of_a_container_is_noticed(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    assert ending(str(path)).whole is True
    # A tar is filled up with empty blocks, of which the first is its end.
    stop = 1536 if data[257:262] == b"ustar" else len(data) - 1
    for end in range(20, stop, max(1, stop // 40)):
        path.write_bytes(data[:end])
        assert ending(str(path)).whole is not True, end


def test_a_flipped_bit_in_a_checked_container_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for data in (archive(20_000), hostile.zipped(("m/a", bytes(range(256)) * 40))):
        for at in range(len(data) // 4, len(data) // 2, 97):
            broken = bytearray(data)
            broken[at] ^= 4
            path.write_bytes(bytes(broken))
            assert ending(str(path)).whole is not True


def test_nothing_vouches_for_a_plain_file_without_a_length(command: Command) -> None:
    payload = b"just some bytes " * 1000

    def answer(it: Exchange) -> None:
        it.head("200 OK", {"Connection": "close"})
        it.body(it.payload)
        it.close()

    with FaultServer(payload, answer, name="model.bin") as server:
        refused = command("get", server.url)
        assert refused.code == 5
        assert "nothing says whether this is the whole file" in refused.err
        assert "@sha256:" in refused.err
        given = command("get", f"{server.url}@sha256:{hashlib.sha256(payload).hexdigest()}")
        assert given.code == 0, given.err


def test_a_range_tells_whether_an_answer_without_a_length_was_all(command: Command) -> None:
    payload = b"just some bytes " * 1000

    def answer(it: Exchange) -> None:
        if "range" in it.request.headers:
            it.body(it.ranged())
            return
        it.head("200 OK", {"Connection": "close", "ETag": it.etag})
        it.body(it.payload[:5000])
        it.close()

    with FaultServer(payload, answer, name="model.bin") as server:
        ran = command("get", server.url)
        assert ran.code == 0, ran.err
        assert ran.path.read_bytes() == payload
        assert server.sent == len(payload)


def test_the_first_download_is_pinned_and_a_change_is_refused(command: Command) -> None:
    first, second = archive(50_000, seed=1), archive(50_000, seed=2)
    with FaultServer(first) as server:
        assert "first seen here: pinned" in command("get", server.url).err
        assert command("cache", "rm", server.url).code == 0
        server.payload = second
        server.etag = '"v2"'
        refused = command("get", server.url)
        assert refused.code == 5
        assert "the first download of" in refused.err
        assert "--repin" in refused.err
        accepted = command("get", "--repin", server.url)
        assert accepted.code == 0, accepted.err
        assert "pinned anew" in accepted.err
        assert command("cache", "rm", "--forget", server.url).code == 0
        server.payload = first
        assert command("get", server.url).code == 0


def test_an_encoding_that_nobody_asked_for(command: Command) -> None:
    payload = b"plain " * 5000

    def brotli(it: Exchange) -> None:
        it.head("200 OK", {**it.base(5), "Content-Encoding": "br"})
        it.body(b"12345")

    with FaultServer(payload, "gzip_enc", name="model.bin") as server:
        ran = command("get", server.url)
        assert ran.path.read_bytes() == payload
    with FaultServer(payload, brotli, name="other.bin") as server:
        assert "encoded as br" in command("get", server.url).err


def test_a_truncated_encoding_is_noticed(command: Command) -> None:
    def cut(it: Exchange) -> None:
        packed = gzip.compress(it.payload)[:-20]
        it.head("200 OK", {**it.base(len(packed)), "Content-Encoding": "gzip"})
        it.body(packed)

    with FaultServer(io.BytesIO(bytes(9000)).getvalue(), cut, name="model.bin") as server:
        ran = command("get", server.url)
        assert ran.code == 5
        assert "cut short or damaged" in ran.err
