"""An HTTP and HTTPS server that misbehaves on demand. Standard library only.

`FaultServer(payload, scenario)` serves one file on loopback in one of the ways of `SCENARIOS`; `heal()` makes it a
well-behaved server of the same file. It counts the body bytes that the other side took, and keeps every request.
Fractions are of the file's length: a connection "drops" after `SHARE` of it.
"""

from __future__ import annotations

import contextlib
import gzip
import re
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType

SHARE = 0.3
HTML = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please sign in to this network.</body></html>"
PIECE = 64 * 1024


@dataclass
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass
class Exchange:
    """One request and the means to answer it, well or badly."""

    server: FaultServer
    connection: socket.socket
    request: Request
    number: int
    payload: bytes
    etag: str
    keeps: bool = True

    @property
    def start(self) -> int | None:
        """Where the requested range starts; None if none was asked for, or `If-Range` names another version."""
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.request.headers.get("range", ""))
        if not match or self.request.headers.get("if-range", self.etag) != self.etag:
            return None
        return int(match[1])

    @property
    def stop(self) -> int:
        """One past the last byte of the requested range."""
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.request.headers.get("range", ""))
        return min(len(self.payload), int(match[2]) + 1) if match else len(self.payload)

    def head(self, status: str, headers: Mapping[str, str]) -> None:
        """Send a status line and headers."""
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        self.connection.sendall("\r\n".join(lines).encode("latin-1"))

    def body(self, data: bytes, pause: float = 0.0) -> None:
        """Send body bytes, counted once they have arrived on the other side."""
        for at in range(0, len(data), PIECE):
            piece = data[at : at + PIECE]
            self.connection.sendall(piece)
            self.server.count(len(piece))
            if pause:
                time.sleep(pause)

    def reset(self) -> None:
        """Break the connection with a RST, after what was sent has arrived."""
        self._drained()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.keeps = False

    def close(self) -> None:
        """End the connection in order."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
        self.keeps = False

    def _drained(self) -> None:
        if isinstance(self.connection, ssl.SSLSocket):
            time.sleep(0.05)
            return
        import fcntl
        import termios

        for _ in range(500):
            waiting = fcntl.ioctl(self.connection, termios.TIOCOUTQ, b"\0" * 4)
            if not int.from_bytes(waiting, "little"):
                return
            time.sleep(0.002)

    def base(self, length: int | None = None) -> dict[str, str]:
        """The headers of a good answer."""
        headers = {"ETag": self.etag, "Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
        return headers if length is None else {**headers, "Content-Length": str(length)}

    def small(self, status: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """Send a short answer."""
        self.head(status, {"Content-Length": str(len(body)), **(headers or {})})
        self.connection.sendall(body)

    def whole(self) -> None:
        """Send the whole file."""
        self.head("200 OK", self.base(len(self.payload)))
        self.body(self.payload)

    def ranged(self) -> bytes:
        """Send the headers that a server with ranges answers with, and return the body that is due."""
        start = self.start
        if start is None:
            self.head("200 OK", self.base(len(self.payload)))
            return self.payload
        if start >= len(self.payload):
            self.small("416 Range Not Satisfiable", b"", {"Content-Range": f"bytes */{len(self.payload)}"})
            return b""
        part = self.payload[start : self.stop]
        extent = f"bytes {start}-{start + len(part) - 1}/{len(self.payload)}"
        self.head("206 Partial Content", {**self.base(len(part)), "Content-Range": extent})
        return part

    def drop(self, body: bytes, limit: int) -> None:
        """Send at most `limit` bytes of a body; break the connection if that was not all of it."""
        self.body(body[:limit])
        if len(body) > limit:
            self.reset()

    @property
    def share(self) -> int:
        return int(len(self.payload) * SHARE)


Scenario = Callable[[Exchange], None]


def clean(it: Exchange) -> None:
    it.body(it.ranged())


def drop_range(it: Exchange) -> None:
    it.drop(it.ranged(), it.share)


def drop_norange(it: Exchange) -> None:
    it.head("200 OK", it.base(len(it.payload)))
    it.drop(it.payload, it.share)


def drop_norange_2(it: Exchange) -> None:
    it.whole() if it.number > 2 else drop_norange(it)


def _unavailable(status: str) -> Scenario:
    def answer(it: Exchange) -> None:
        clean(it) if it.number > 2 else it.small(status, b"later", {"Retry-After": "0"})

    return answer


def trunc_cl(it: Exchange) -> None:
    it.head("200 OK", it.base(len(it.payload)))
    it.body(it.payload[: it.share])
    it.close()


def trunc_cl_once(it: Exchange) -> None:
    clean(it) if it.number > 1 else trunc_cl(it)


def chunked_ok(it: Exchange) -> None:
    it.head("200 OK", {**it.base(), "Transfer-Encoding": "chunked"})
    for at in range(0, len(it.payload), PIECE):
        piece = it.payload[at : at + PIECE]
        it.connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        it.server.count(len(piece))
    it.connection.sendall(b"0\r\n\r\n")


def trunc_chunked(it: Exchange) -> None:
    it.head("200 OK", {**it.base(), "Transfer-Encoding": "chunked"})
    piece = it.payload[: it.share]
    it.connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    it.server.count(len(piece))
    it.close()


def trunc_nolen(it: Exchange) -> None:
    it.head("200 OK", {"ETag": it.etag, "Connection": "close"})
    it.body(it.payload[: it.share])
    it.close()


def bitflip(it: Exchange) -> None:
    broken = bytearray(it.payload)
    broken[len(broken) // 2] ^= 0x10
    it.payload = bytes(broken)
    clean(it)


def bitflip_once(it: Exchange) -> None:
    clean(it) if it.number > 1 else bitflip(it)


def html200(it: Exchange) -> None:
    it.small("200 OK", HTML, {"Content-Type": "text/html"})


def html200_once(it: Exchange) -> None:
    clean(it) if it.number > 1 else html200(it)


def _status(line: str) -> Scenario:
    def answer(it: Exchange) -> None:
        it.small(line, b"no")

    return answer


def _redirects(count: int) -> Scenario:
    def answer(it: Exchange) -> None:
        step = int(it.request.path.partition("hop=")[2] or 0)
        if step >= count:
            clean(it)
        else:
            it.small("302 Found", b"", {"Location": f"{it.request.path.partition('?')[0]}?hop={step + 1}"})

    return answer


def redirloop(it: Exchange) -> None:
    it.small("302 Found", b"", {"Location": it.request.path})


def redir_file(it: Exchange) -> None:
    it.small("302 Found", b"", {"Location": "file:///etc/passwd"})


def drip(it: Exchange) -> None:
    body = it.ranged()
    step = max(1, len(body) // 20)
    for at in range(0, len(body), step):
        it.body(body[at : at + step], pause=0.01)


def stall_once(it: Exchange) -> None:
    if it.number > 1:
        return clean(it)
    body = it.ranged()
    it.body(body[: it.share])
    it.server.stopping.wait(60)
    it.keeps = False
    return None


def cl_big(it: Exchange) -> None:
    it.head("200 OK", it.base(len(it.payload) + 1000))
    it.body(it.payload)
    it.close()


def cl_small(it: Exchange) -> None:
    it.head("200 OK", it.base(len(it.payload) - 1000))
    it.body(it.payload)
    it.close()


def gzip_mislabel(it: Exchange) -> None:
    it.head("200 OK", {**it.base(len(it.payload)), "Content-Encoding": "gzip"})
    it.body(it.payload)


def gzip_enc(it: Exchange) -> None:
    packed = gzip.compress(it.payload, 1)
    it.head("200 OK", {**it.base(len(packed)), "Content-Encoding": "gzip"})
    it.body(packed)


def etag_change(it: Exchange) -> None:
    if it.number > 1:
        it.payload, it.etag = it.server.second, '"v2"'
        return clean(it)
    return drop_range(it)


def range_ignored(it: Exchange) -> None:
    it.whole() if it.number > 1 else drop_range(it)


def r416(it: Exchange) -> None:
    if it.number == 1:
        drop_range(it)
    elif "range" in it.request.headers:
        it.small("416 Range Not Satisfiable", b"", {"Content-Range": f"bytes */{len(it.payload)}"})
    else:
        it.whole()


def range_wrong(it: Exchange) -> None:
    if it.number == 1:
        drop_range(it)
    elif it.start is None:
        it.whole()
    else:
        part = it.payload[it.start // 2 :]
        extent = f"bytes {it.start // 2}-{len(it.payload) - 1}/{len(it.payload)}"
        it.head("206 Partial Content", {**it.base(len(part)), "Content-Range": extent})
        it.body(part)


def cd_traversal(it: Exchange) -> None:
    headers = {**it.base(len(it.payload)), "Content-Disposition": 'attachment; filename="../../../evil.tar.gz"'}
    it.head("200 OK", headers)
    it.body(it.payload)


def empty200(it: Exchange) -> None:
    it.small("200 OK", b"")


SCENARIOS: dict[str, Scenario] = {
    "clean": clean,
    "drop_range": drop_range,
    "drop_norange": drop_norange,
    "drop_norange_2": drop_norange_2,
    "503x2": _unavailable("503 Service Unavailable"),
    "429x2": _unavailable("429 Too Many Requests"),
    "trunc_cl": trunc_cl,
    "trunc_cl_once": trunc_cl_once,
    "trunc_chunked": trunc_chunked,
    "trunc_nolen": trunc_nolen,
    "chunked_ok": chunked_ok,
    "bitflip": bitflip,
    "bitflip_once": bitflip_once,
    "html200": html200,
    "html200_once": html200_once,
    "404": _status("404 Not Found"),
    "403": _status("403 Forbidden"),
    "redir1": _redirects(1),
    "redir5": _redirects(5),
    "redir30": _redirects(30),
    "redirloop": redirloop,
    "redir_file": redir_file,
    "drip": drip,
    "stall_once": stall_once,
    "cl_big": cl_big,
    "cl_small": cl_small,
    "gzip_mislabel": gzip_mislabel,
    "gzip_enc": gzip_enc,
    "etag_change": etag_change,
    "range_ignored": range_ignored,
    "r416": r416,
    "range_wrong": range_wrong,
    "cd_traversal": cd_traversal,
    "empty200": empty200,
}
"""The 34 scenarios of the table, in its order."""


class _Handler(socketserver.BaseRequestHandler):
    request: socket.socket
    server: _Listener

    def handle(self) -> None:
        owner = self.server.owner
        # The other side is expected to hang up at any moment.
        with contextlib.suppress(OSError), owner.wrapped(self.request) as connection:
            while (request := _read_request(connection)) is not None and owner.answer(connection, request):
                pass


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    owner: FaultServer

    def handle_error(self, request: object, client_address: object) -> None:
        """A broken connection is what this server is for."""


def _read_request(connection: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
        if not data[:1].isalpha():
            # TLS on a plain port: every server answers so.
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            return None
    head, *lines = data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    method, path, _ = head.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    return Request(method, path, {name.strip().lower(): value.strip() for name, _, value in pairs})


@dataclass
class FaultServer:
    """One file served on loopback. `second` is what the file becomes where a scenario changes it."""

    payload: bytes
    scenario: str | Scenario = "clean"
    second: bytes = b""
    etag: str = '"v1"'
    tls: ssl.SSLContext | None = None
    name: str = "model.tar.gz"
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    sent: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> FaultServer:
        self._listener = _Listener(("127.0.0.1", self.port), _Handler)
        self._listener.owner = self
        self.port = int(self._listener.server_address[1])
        self._lock = threading.Lock()
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._listener.shutdown()
        self._listener.server_close()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/{self.name}"

    def heal(self) -> None:
        """Behave from now on."""
        self.scenario = "clean"
        self.stopping.set()

    def count(self, sent: int) -> None:
        """Count body bytes."""
        with self._lock:
            self.sent += sent

    def wrapped(self, connection: socket.socket) -> socket.socket:
        """Put TLS around a connection if the server has it."""
        return self.tls.wrap_socket(connection, server_side=True) if self.tls else connection

    def answer(self, connection: socket.socket, request: Request) -> bool:
        """Answer one request; return whether the connection stays open."""
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
        scenario = SCENARIOS[self.scenario] if isinstance(self.scenario, str) else self.scenario
        exchange = Exchange(self, connection, request, number, self.payload, self.etag)
        scenario(exchange)
        return exchange.keeps


@contextlib.contextmanager
def proxy(status: str = "200 Connection established", target: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Run an HTTP proxy on loopback; yields its port and the request lines it saw.

    It answers CONNECT with `status`; where that is 200 it joins the connection with the port `target`.
    """
    seen: list[str] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                data = self.request.recv(65536)
                seen.append(data.split(b"\r\n")[0].decode("latin-1"))
                self.request.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
                if status.startswith("200"):
                    _join(self.request, target)

    listener = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield int(listener.server_address[1]), seen
    finally:
        listener.shutdown()
        listener.server_close()


def _join(client: socket.socket, target: int) -> None:
    with socket.create_connection(("127.0.0.1", target)) as onward:
        back = threading.Thread(target=_copy, args=(onward, client), daemon=True)
        back.start()
        _copy(client, onward)
        back.join(5)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
