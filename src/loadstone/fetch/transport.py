"""One HTTP exchange: what the rest of the room asks of a client, and the client that is used.

`Transport` is an argument everywhere, so that a test or an embedding program can bring its own.
`UrllibTransport` rests on urllib3, which streams, tunnels through proxies and leaves redirects and retries to us:
both are policy, and policy lives in `follow` and `retry`.

Honoured: `HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY`, `SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE`,
`NETRC` and the usual netrc file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from loadstone.errors import EnvironmentLacksError
from loadstone.fetch.causes import from_exception

if TYPE_CHECKING:
    import ssl

    import urllib3

    from loadstone.fetch.patience import Patience


class Response(Protocol):
    """An answer whose body has not been read yet. Header names are lower case."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def url(self) -> str: ...

    def read(self, count: int) -> bytes:
        """Return at most `count` bytes of the body as they came over the wire, `b""` at its end.

        Raises `TemporaryError` if the connection breaks, stalls, or ends before the announced length.
        """

    def close(self) -> None: ...

    def __enter__(self) -> Response: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Transport(Protocol):
    """A client: one request, one answer, no redirect followed, nothing retried."""

    def open(self, url: str, headers: Mapping[str, str], patience: Patience) -> Response: ...


class UrllibTransport:
    """The client in use. One per `get`; it may be shared by threads."""

    def __init__(self) -> None:
        self._pools: dict[tuple[str, bool], urllib3.PoolManager] = {}

    def open(self, url: str, headers: Mapping[str, str], patience: Patience) -> Response:
        """Send one GET and return the answer, headers read and body not."""
        import urllib3

        pool = self._pool(proxy_for(url), secure=url.lower().startswith("https:"))
        try:
            answer = pool.urlopen(
                "GET",
                url,
                headers={**headers, **_login(url)},
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(connect=patience.connect, read=patience.stall),
            )
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise from_exception(error, url) from error
        return _UrllibResponse(answer, url)

    def _pool(self, proxy: str, *, secure: bool) -> urllib3.PoolManager:
        import urllib3

        key = (proxy, secure)
        if key not in self._pools:
            # Reading the system's authorities takes longer than a small file; plain http has no use for them.
            context = trust() if secure or proxy.startswith("https:") else None
            if proxy:
                login = urllib3.make_headers(proxy_basic_auth=_proxy_login(proxy)) if "@" in proxy else None
                self._pools[key] = urllib3.ProxyManager(proxy, proxy_headers=login, ssl_context=context, maxsize=8)
            else:
                self._pools[key] = urllib3.PoolManager(ssl_context=context, maxsize=8)
        return self._pools[key]


class _UrllibResponse:
    def __init__(self, answer: urllib3.BaseHTTPResponse, url: str) -> None:
        self._answer = answer
        self.url = url
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.headers.items()}

    def read(self, count: int) -> bytes:
        import urllib3

        try:
            # `read1` hands over what has come; `read` would lose up to `count` bytes when the connection breaks.
            return self._answer.read1(count, decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise from_exception(error, self.url) from error

    def close(self) -> None:
        # A body that is not wanted must not be drained: closing the connection is what costs least.
        self._answer.close()

    def __enter__(self) -> _UrllibResponse:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def trust() -> ssl.SSLContext:
    """Return the TLS settings: the system's authorities or the file that a variable names, never no check at all."""
    import ssl

    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if os.environ.get("SSL_CERT_FILE"):
        # OpenSSL reads SSL_CERT_FILE and SSL_CERT_DIR by itself, but a missing file would only mean "trusts nobody".
        named = os.environ["SSL_CERT_FILE"]
    if named and not os.path.exists(named):
        raise EnvironmentLacksError(
            "the file of certificate authorities that the environment names does not exist",
            where=named,
            help="correct or unset SSL_CERT_FILE, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE",
        )
    context = ssl.create_default_context()
    if named:
        folder = os.path.isdir(named)
        try:
            context.load_verify_locations(cafile=None if folder else named, capath=named if folder else None)
        except ssl.SSLError as error:
            raise EnvironmentLacksError(
                "the file of certificate authorities that the environment names cannot be read as PEM", where=named
            ) from error
    return context


def proxy_for(url: str) -> str:
    """Return the proxy that the environment sets for an address; empty if none."""
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    proxies = getproxies()
    if parts.hostname and proxy_bypass(parts.hostname):
        return ""
    proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    if proxy.lower().startswith("socks"):
        raise EnvironmentLacksError(
            "a SOCKS proxy is set, which is not supported here",
            found=proxy.rpartition("@")[2],
            help="set HTTPS_PROXY to an http:// proxy, or NO_PROXY for this host",
        )
    return proxy


def _proxy_login(proxy: str) -> str:
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(proxy)
    return f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"


def _login(url: str) -> dict[str, str]:
    """Return the header for user and password, from the address itself or from netrc; computed anew for every hop."""
    from urllib.parse import unquote, urlsplit

    import urllib3

    parts = urlsplit(url)
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    else:
        pair = _netrc_login(parts.hostname or "")
    return urllib3.make_headers(basic_auth=pair) if pair else {}


def _netrc_login(host: str) -> str:
    import netrc

    path = os.environ.get("NETRC") or os.path.expanduser("~/_netrc" if os.name == "nt" else "~/.netrc")
    if not os.path.isfile(path):
        return ""
    try:
        found = netrc.netrc(path).authenticators(host)
    except (netrc.NetrcParseError, OSError, UnicodeDecodeError) as error:
        raise EnvironmentLacksError("the netrc file cannot be read", where=path, found=str(error)) from error
    return f"{found[0]}:{found[2]}" if found else ""
