"""The stations of a download, one after the other, each with what was measured there.

address → proxy → name → connect → TLS → status → ranges → speed. A station that fails says why and what to do; the
stations behind it are not reached and are not shown.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from loadstone.errors import LoadstoneError
from loadstone.fetch.causes import from_exception
from loadstone.fetch.follow import follow
from loadstone.fetch.patience import Patience, patience
from loadstone.fetch.source import without_secrets
from loadstone.fetch.transport import Transport, UrllibTransport, proxy_for, trust

SPEED_BYTES = 4_000_000
SPEED_SECONDS = 3.0


class Station(NamedTuple):
    """One station: whether it was passed, what was measured, and what to do if not."""

    name: str
    passed: bool
    found: str
    help: str = ""
    milliseconds: float | None = None


def walk(url: str, transport: Transport | None = None) -> Iterator[Station]:
    """Yield the stations of an address as they are reached; ends after the first that fails."""
    limits = patience()
    stations: list[Callable[[], Iterator[Station]]] = [
        lambda: _address(url),
        lambda: _reach(url, limits),
        lambda: _tls(url, limits),
        lambda: _transfer(url, limits, transport or UrllibTransport()),
    ]
    for visit in stations:
        for station in visit():
            yield station
            if not station.passed:
                return


def _address(url: str) -> Iterator[Station]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield Station("address", False, f"{without_secrets(url)} is no http(s) address", "begin it with https://")
        return
    yield Station("address", True, without_secrets(url))
    try:
        proxy = proxy_for(url)
    except LoadstoneError as error:
        yield Station("proxy", False, error.fact, error.help)
        return
    yield Station("proxy", True, without_secrets(proxy) if proxy else "none is set for this host")


def _next_hop(url: str) -> SplitResult:
    """Return where the first connection goes: the proxy, or the host itself."""
    return urlsplit(proxy_for(url) or url)


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _reach(url: str, limits: Patience) -> Iterator[Station]:
    hop = _next_hop(url)
    host, started = hop.hostname or "", time.monotonic()
    try:
        found = socket.getaddrinfo(host, _port(hop), type=socket.SOCK_STREAM)
    except OSError as error:
        yield _failed("name", from_exception(error, url))
        return
    addresses = list(dict.fromkeys(str(item[4][0]) for item in found))
    yield Station("name", True, f"{host} is {', '.join(addresses[:4])}", milliseconds=_since(started))
    started = time.monotonic()
    try:
        socket.create_connection((host, _port(hop)), limits.connect).close()
    except TimeoutError:
        yield Station(
            "connect",
            False,
            f"no answer from port {_port(hop)} within {limits.connect:g} s",
            "a firewall drops it: ask for the proxy to use, or try another network",
        )
        return
    except OSError as error:
        yield _failed("connect", from_exception(error, url))
        return
    yield Station("connect", True, f"port {_port(hop)} answers", milliseconds=_since(started))


def _tls(url: str, limits: Patience) -> Iterator[Station]:
    """Agree on TLS with the host itself; behind a proxy the transfer's own station shows it."""
    parts = urlsplit(url)
    if parts.scheme != "https" or proxy_for(url):
        return
    started = time.monotonic()
    try:
        context = trust()
        with (
            socket.create_connection((parts.hostname or "", _port(parts)), limits.connect) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as secure,
        ):
            found = _certificate(secure)
    except OSError as error:
        yield _failed("TLS", from_exception(error, url))
        return
    except LoadstoneError as error:
        yield _failed("TLS", error)
        return
    yield Station("TLS", True, found, milliseconds=_since(started))


def _certificate(secure: ssl.SSLSocket) -> str:
    fields: dict[str, Any] = dict(secure.getpeercert() or {})
    issuer = {key: value for part in fields.get("issuer", ()) for key, value in part}
    by = issuer.get("organizationName") or issuer.get("commonName") or "an authority without a name"
    return f"{secure.version()}, certificate by {by}, valid until {fields.get('notAfter')}"


def _transfer(url: str, limits: Patience, transport: Transport) -> Iterator[Station]:
    started = time.monotonic()
    headers = {"Range": f"bytes=0-{SPEED_BYTES - 1}"}
    try:
        with follow(transport, url, headers, patience=limits, hash_known=False) as answer:
            length = answer.headers.get("content-range", "").rpartition("/")[2] or answer.headers.get("content-length")
            size = f"{int(length):,} bytes" if length and length.isdecimal() else "no length stated"
            found = f"{answer.status}, {size}, by {answer.headers.get('server', 'a server without a name')}"
            yield Station("status", True, found, milliseconds=_since(started))
            ranges = answer.status == 206
            words = "supported: a broken download goes on where it stopped" if ranges else "not supported"
            remedy = "" if ranges else "a broken download begins again; the server has no other way"
            yield Station("ranges", True, words, remedy)
            yield _speed(answer.read)
    except LoadstoneError as error:
        yield _failed("status", error)


def _speed(read: Callable[[int], bytes]) -> Station:
    started, count = time.monotonic(), 0
    while count < SPEED_BYTES and time.monotonic() - started < SPEED_SECONDS:
        chunk = read(64 * 1024)
        if not chunk:
            break
        count += len(chunk)
    elapsed = max(1e-6, time.monotonic() - started)
    return Station("speed", count > 0, f"{count / elapsed / 1e6:,.1f} MB/s over {count:,} bytes")


def _failed(name: str, error: LoadstoneError) -> Station:
    found = f"{error.fact} ({error.found})" if error.found else error.fact
    # A station that fails is the answer; being sent to the doctor from the doctor is none.
    remedy = "" if "loadstone doctor" in error.help else error.help
    with contextlib.suppress(ValueError):
        found = found.strip()
    return Station(name, False, found, remedy)


def _since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
