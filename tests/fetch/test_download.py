"""Answers that a careless downloader would believe, and several connections for one file."""

from __future__ import annotations

import pytest

from loadstone.fetch import blocks
from loadstone.fetch.patience import Patience
from loadstone.fetch.retry import Retries
from loadstone.fetch.trouble import PermanentError, TemporaryError
from tests.fetch.server import Exchange, FaultServer, clean, drop_range
from tests.fetch.support import Command, archive, weights_of


def test_a_server_may_answer_a_range_with_less(command: Command, payload: bytes) -> None:
    def capped(it: Exchange) -> None:
        if it.number == 1:
            return drop_range(it)
        start = it.start or 0
        part = it.payload[start : start + it.share]
        extent = f"bytes {start}-{start + len(part) - 1}/{len(it.payload)}"
        it.head("206 Partial Content", {**it.base(len(part)), "Content-Range": extent})
        return it.body(part)

    with FaultServer(payload, capped) as server:
        ran = command("get", server.url)
        assert ran.code == 0, ran.err
        assert server.sent == len(payload)
    assert (ran.path / "weights.bin").read_bytes() == weights_of(payload)


@pytest.mark.parametrize("crumb", [0, 1])
def test_a_server_that_sends_crumbs_comes_to_an_end(crumb: int, command: Command, payload: bytes) -> None:
    def crumbs(it: Exchange) -> None:
        if it.start is None:
            return drop_range(it)
        part = it.payload[it.start : it.start + crumb]
        extent = f"bytes {it.start}-{it.start + len(part) - 1}/{len(it.payload)}"
        it.head("206 Partial Content", {**it.base(len(part)), "Content-Range": extent})
        return it.body(part)

    with FaultServer(payload, crumbs) as server:
        ran = command("get", server.url)
        assert ran.code == 5
        assert len(server.requests) < 20
        server.heal()
        assert command("get", server.url).code == 0


def test_a_weak_etag_guards_no_seam(command: Command, payload: bytes) -> None:
    with FaultServer(payload, drop_range, etag='W/"v1"') as server:
        assert command("get", server.url).code == 5
        assert all("range" not in request.headers for request in server.requests)
        server.heal()
        assert command("get", server.url).code == 0


def test_a_206_of_another_version_is_not_joined(command: Command, payload: bytes) -> None:
    second = archive(seed=4)

    def careless(it: Exchange) -> None:
        """It ignores If-Range and continues with the bytes of another file of the same length."""
        if it.number == 1:
            return drop_range(it)
        it.payload, it.etag = second, '"v2"'
        if "if-range" in it.request.headers:
            it.request = type(it.request)(it.request.method, it.request.path, {"range": it.request.headers["range"]})
        return clean(it)

    with FaultServer(payload, careless) as server:
        ran = command("get", server.url)
        assert ran.code == 0, ran.err
    assert (ran.path / "weights.bin").read_bytes() == weights_of(second)


def test_a_206_of_another_length_is_not_joined(command: Command, payload: bytes) -> None:
    def grown(it: Exchange) -> None:
        if it.number == 1:
            return drop_range(it)
        it.payload = it.payload + b"more"
        return clean(it)

    with FaultServer(payload, grown) as server:
        command("get", server.url)
        assert [request.headers.get("range") for request in server.requests][:3] == [None, "bytes=90133-", None]


def test_more_than_was_announced_is_never_written(command: Command, payload: bytes) -> None:
    def endless(it: Exchange) -> None:
        extent = f"bytes {it.start}-{len(it.payload) - 1}/{len(it.payload)}"
        if it.start is None:
            return drop_range(it)
        it.head("206 Partial Content", {"ETag": it.etag, "Content-Range": extent, "Connection": "close"})
        it.body(it.payload[it.start :] + bytes(5_000_000))
        return it.close()

    with FaultServer(payload, endless) as server:
        assert command("get", server.url).code == 5
    sizes = [path.stat().st_size for path in (command.home / "partial").iterdir()]
    assert max(sizes, default=0) <= len(payload)


@pytest.mark.parametrize("connections", ["2", "8"])
def test_several_connections_give_the_same_file(
    connections: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 50_000)
    monkeypatch.setattr("loadstone.fetch.download.BLOCK", 50_000)
    payload = archive(400_000)
    with FaultServer(payload) as server:
        ran = command("get", server.url, "--connections", connections)
        assert ran.code == 0, ran.err
        assert len(server.requests) == -(-len(payload) // 50_000)
        assert server.sent == len(payload)
    assert (ran.path / "weights.bin").read_bytes() == weights_of(payload)


@pytest.mark.parametrize("name", ["drop_range", "range_wrong", "r416", "etag_change", "drop_norange_2", "chunked_ok"])
def test_several_connections_survive_faults(name: str, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 50_000)
    monkeypatch.setattr("loadstone.fetch.download.BLOCK", 50_000)
    payload, second = archive(400_000), archive(400_000, seed=1)
    with FaultServer(payload, name, second=second) as server:
        command("get", server.url, "--connections", "4")
        server.heal()
        ran = command("get", server.url, "--connections", "4")
        assert ran.code == 0, ran.err
    assert (ran.path / "weights.bin").read_bytes() in (weights_of(payload), weights_of(second))


def test_useless_progress_does_not_reset_the_count() -> None:
    retries = Retries(Patience(attempts=3, first_wait=0.001), sleep=lambda _: None)
    trouble = TemporaryError("the connection broke")
    retries.after(trouble, have=1, length=1000)
    retries.after(trouble, have=2, length=1000)
    with pytest.raises(PermanentError, match="the connection broke"):
        retries.after(trouble, have=3, length=1000)


def test_useful_progress_resets_the_count_but_all_tries_are_bounded() -> None:
    retries = Retries(Patience(attempts=3, most_attempts=10, first_wait=0.001), sleep=lambda _: None)
    trouble = TemporaryError("the connection broke")
    for have in range(100, 1000, 100):
        retries.after(trouble, have=have, length=1000)
    with pytest.raises(PermanentError) as caught:
        retries.after(trouble, have=990, length=1000)
    assert "10 tries" in caught.value.found


def test_waiting_grows_with_jitter_and_has_a_ceiling() -> None:
    waits: list[float] = []
    patience = Patience(attempts=100, most_attempts=100, first_wait=0.5, longest_wait=8.0)
    retries = Retries(patience, sleep=waits.append)
    for _ in range(20):
        retries.after(TemporaryError("x"), have=0, length=None)
    assert all(0.5 * 0.5 <= wait <= 8.0 for wait in waits)
    assert len(set(waits)) > 10
    assert max(waits[-5:]) > 4 > waits[0] * 4
