"""The proxy that is configured does not do what is asked of it.

What is seen

    `[SSL: WRONG_VERSION_NUMBER] wrong version number`, `Tunnel connection failed`, `ProxyError`, `Cannot connect to
    proxy`, `407 Proxy Authentication Required`, `check_hostname requires server_hostname`.

Why

    An HTTP proxy answers in plain text where TLS was begun, mostly because `https_proxy` itself says `https://`. The
    scheme in that variable is the one spoken with the proxy, and that is nearly always `http://`.

Remedy

    Write `http://` in `HTTPS_PROXY`, with user and password where the proxy demands a login; or take the variable away
    and name hosts that need no proxy in `NO_PROXY`.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "net-proxy-misconfigured",
    "error",
    help="export HTTPS_PROXY=http://HOST:PORT (http, also for https addresses), or unset HTTPS_PROXY",
    reference="https://docs.python.org/3/library/urllib.request.html#urllib.request.getproxies",
)

_LOGIN = "export HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"

TEXTS = (
    Saying(
        r"SSL: (?:WRONG_VERSION_NUMBER|UNKNOWN_PROTOCOL|HTTP_REQUEST|HTTPS_PROXY_REQUEST|RECORD_LAYER_FAILURE)\b|"
        r"ssl3_get_record:wrong version number",
        "the other side answers a TLS greeting in plain text, as an HTTP proxy does",
        "likely",
        unless=(r"ProxyError|[Pp]roxy.*Authentication",),
    ),
    Saying(
        r"407[: ].{0,30}[Pp]roxy|Proxy Authentication Required|HTTP code 407 from proxy",
        "the proxy demands a login (407)",
        help=_LOGIN,
    ),
    Saying(
        r"Tunnel connection failed: (?P<reply>(?!407)\d{3} ?[\w ]*)",
        "the proxy refuses to connect to this host: {reply}",
        help="ask the proxy's owner to allow the host, or name it in NO_PROXY",
    ),
    Saying(
        r"ProxyError|[Cc]annot connect to proxy|Unable to connect to proxy|[Cc]ould not resolve proxy",
        "the proxy that is configured does not answer",
        unless=(r"407|Tunnel connection failed",),
    ),
    Saying(
        r"check_hostname requires server_hostname",
        "HTTPS_PROXY says https://, and urllib3 1.26 then speaks TLS with the proxy itself",
    ),
    Saying(
        r"Failed to parse: .*|Proxy URL had no scheme|Not supported proxy scheme|"
        r"Missing dependencies for SOCKS support|[Pp]lease check proxy URL|InvalidProxyURL",
        "the address of the proxy is not one that can be used",
        "likely",
        needs=(r"[Pp]roxy|SOCKS",),
    ),
)
