"""Proxies, logins, refusals, and the proof that nothing but what was asked for is contacted."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fetch.server import Exchange, FaultServer, clean, proxy
from tests.fetch.support import Command, environment, weights_of

WATCHED = """
import sys
contacted = []
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        contacted.append((event, repr(arguments[1] if event == "socket.connect" else arguments[0])))
sys.addaudithook(hook)
from loadstone.cli import main
code = main(sys.argv[1:])
for event, where in contacted:
    print(event, where, file=sys.stderr)
sys.exit(code)
"""


def test_nothing_but_the_address_is_contacted(home: Path, payload: bytes) -> None:
    with FaultServer(payload) as server:
        done = subprocess.run(
            [sys.executable, "-c", WATCHED, "get", "-q", server.url],
            env=environment(home),
            capture_output=True,
            text=True,
            check=True,
        )
        contacts = [line for line in done.stderr.splitlines() if line.startswith("socket.")]
        assert any(f"('127.0.0.1', {server.port})" in line for line in contacts)
        assert all("127.0.0.1" in line for line in contacts), contacts
        assert len(server.requests) == 1
        assert set(server.requests[0].headers) == {"host", "accept", "accept-encoding", "user-agent"}
        assert server.requests[0].headers["user-agent"] == "loadstone"


def test_what_is_here_contacts_nobody(home: Path, payload: bytes) -> None:
    with FaultServer(payload) as server:
        words = [sys.executable, "-c", WATCHED, "get", "-q", server.url]
        for _ in range(2):
            done = subprocess.run(words, env=environment(home), capture_output=True, text=True, check=True)
        assert done.stderr == ""
        listing = [sys.executable, "-c", WATCHED, "list", "ssd"]
        assert "socket." not in subprocess.run(listing, env=environment(home), capture_output=True, text=True).stderr


def test_a_proxy_that_demands_a_login(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy("407 Proxy Authentication Required") as (port, seen):
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        ran = command("get", "https://models.example/model.h5")
    assert ran.code == 5
    assert "the proxy demands a login" in ran.err
    assert "HTTPS_PROXY=http://USER:PASSWORD" in ran.err
    assert [line.rpartition(" ")[0] for line in seen] == ["CONNECT models.example:443"]


def test_a_plain_proxy_is_used_and_no_proxy_is_honoured(
    command: Command, payload: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(payload) as server:
        monkeypatch.setenv("http_proxy", f"http://user:secret@127.0.0.1:{server.port}")
        ran = command("get", "http://models.example/model.tar.gz")
        assert ran.code == 0, ran.err
        assert server.requests[0].path == "http://models.example/model.tar.gz"
        login = base64.b64encode(b"user:secret").decode()
        assert server.requests[0].headers["proxy-authorization"] == f"Basic {login}"
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert command("get", server.url).code == 0
        assert server.requests[1].path == "/model.tar.gz"


def test_a_dead_proxy_is_named(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADSTONE_ATTEMPTS", "2")
    with _deaf_port() as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        ran = command("get", "https://models.example/model.h5")
    assert ran.code == 5
    assert "the proxy does not answer" in ran.err


def test_a_socks_proxy_is_said_to_be_unsupported(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1")
    ran = command("get", "https://models.example/model.h5")
    assert ran.code == 4
    assert "SOCKS" in ran.err


def test_netrc_is_honoured_and_belongs_to_its_host(
    command: Command, payload: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with FaultServer(payload) as other:

        def onward(it: Exchange) -> None:
            it.small("302 Found", b"", {"Location": other.url.replace("127.0.0.1", "localhost")})

        with FaultServer(payload, onward) as server:
            assert command("get", server.url).code == 0
            assert server.requests[0].headers["authorization"].startswith("Basic ")
            assert "authorization" not in other.requests[0].headers


def test_a_login_in_the_address_is_neither_shown_nor_written(command: Command, payload: bytes) -> None:
    with FaultServer(payload, "404") as server:
        address = server.url.replace("://", "://ada:geheim@")
        ran = command("get", address)
        assert "geheim" not in ran.err
        server.heal()
        assert command("get", address).code == 0
    assert all(b"geheim" not in path.read_bytes() for path in command.home.rglob("*.json"))


def test_a_server_that_comes_back(command: Command, payload: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    port = _closed_port()
    monkeypatch.setenv("LOADSTONE_RETRY_SECONDS", "0.2")
    server = FaultServer(payload, port=port)

    def later() -> None:
        time.sleep(0.5)
        server.__enter__()

    thread = threading.Thread(target=later)
    thread.start()
    ran = command("get", f"http://127.0.0.1:{port}/model.tar.gz")
    thread.join()
    server.__exit__(None, None, None)
    assert ran.code == 0, ran.err
    assert (ran.path / "weights.bin").read_bytes() == weights_of(payload)


def test_refused_for_good(command: Command) -> None:
    with _deaf_port() as port:
        ran = command("get", f"http://127.0.0.1:{port}/model.tar.gz")
    assert ran.code == 5
    assert "refused: nothing listens there" in ran.err
    assert "6 tries" in ran.err


@contextmanager
def _deaf_port() -> Iterator[int]:
    """Yield a port that refuses connections, held so that no other test's server is given it meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.mark.parametrize(
    ("code", "words"),
    [(socket.EAI_NONAME, "there is no host of the name"), (socket.EAI_AGAIN, "no name server answers")],
    ids=["no-name", "no-server"],
)
def test_names_that_do_not_resolve(code: int, words: str, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def fail(*given: object, **_more: object) -> None:
        calls.append(given)
        raise socket.gaierror(code, os.strerror(0))

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    ran = command("get", "https://models.example/model.h5")
    assert ran.code == 5
    assert words in ran.err
    assert "models.example" in ran.err
    # Only what passes is tried again.
    assert len(calls) == (1 if code == socket.EAI_NONAME else 6)


def test_retry_after_is_waited_for(command: Command, payload: bytes) -> None:
    def busy(it: Exchange) -> None:
        clean(it) if it.number > 1 else it.small("503 Service Unavailable", b"", {"Retry-After": "1"})

    with FaultServer(payload, busy) as server:
        started = time.monotonic()
        assert command("get", server.url).code == 0
    assert time.monotonic() - started >= 1.0


def test_a_retry_after_beyond_all_patience_is_said(command: Command, payload: bytes) -> None:
    def closed(it: Exchange) -> None:
        it.small("503 Service Unavailable", b"", {"Retry-After": "86400"})

    with FaultServer(payload, closed) as server:
        ran = command("get", server.url)
        assert "come back in 86,400 seconds" in ran.err
        assert len(server.requests) == 1


def test_offline(command: Command, payload: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(payload) as server:
        assert command("get", "--offline", server.url).code == 5
        monkeypatch.setenv("LOADSTONE_OFFLINE", "1")
        refused = command("get", server.url)
        assert "LOADSTONE_OFFLINE is set" in refused.err
        assert server.requests == []
        monkeypatch.delenv("LOADSTONE_OFFLINE")
        command("get", server.url)
        monkeypatch.setenv("LOADSTONE_OFFLINE", "1")
        assert command("get", server.url).code == 0
