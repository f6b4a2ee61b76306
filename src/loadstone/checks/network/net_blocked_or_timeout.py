"""The host does not answer from here: the connection is blocked, refused or too slow.

What is seen

    `[Errno 110] Connection timed out`, `WinError 10060`, `The read operation timed out`, `Connection refused`,
    `ConnectTimeout`, `Read timed out`.

Why

    A firewall, a region or a company's rules swallow or refuse what goes to this host, or the line is too slow for the
    client's limit. The file and the address may be good.

Remedy

    See how far the connection comes, and fetch the file from another network or through the proxy that is meant for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying, said
from loadstone.checks.network._texts import TRANSFER, walk
from loadstone.facts.finding import Finding

FAULT = Fault(
    "net-blocked-or-timeout",
    "error",
    help="see how far the connection comes: loadstone doctor --network ADDRESS",
    reference="https://man7.org/linux/man-pages/man3/errno.3.html",
)

_SAYINGS = (
    Saying(
        r"\[Errno (?:110|60)\]|[Cc]onnection timed out|Operation timed out|WinError 10060\b|ConnectTimeout|"
        r"connect timeout|connected party did not properly respond",
        "the host does not answer to connecting",
        needs=(TRANSFER,),
    ),
    Saying(
        r"[Rr]ead timed out|read operation timed out|ReadTimeout|handshake operation timed out|socket\.timeout|"
        r"urlopen error timed out|TimeoutError|: timed out|Timeout was reached|Operation too slow",
        "the host stopped answering: the transfer stalled",
        needs=(TRANSFER,),
        unless=(r"\[Errno (?:110|60)\]|[Cc]onnection timed out|WinError 10060",),
    ),
    Saying(
        r"[Cc]onnection refused|WinError 10061\b|refused it\b|\[Errno (?:111|61)\]|Failed to connect to \S+ port",
        "the connection is refused: nothing listens there, or something on the way forbids it",
        needs=(TRANSFER,),
        unless=(r"ProxyError|[Cc]annot connect to proxy",),
    ),
    Saying(
        r"The (?:read|handshake) operation timed out",
        "the host stopped answering over TLS",
        "possible",
    ),
    Saying(
        r"HTTP Error 451|451 -- |451 Client Error|ERROR 451",
        "the file is withheld for legal reasons (451)",
    ),
    Saying(
        r"blocked by (?:your )?(?:administrator|policy|network)|access to this site has been (?:blocked|denied)",
        "something on the way says that it blocks the host",
        "likely",
    ),
)


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield what the client says of the silence, with the command that walks the stations to the text's address."""
    for saying in _SAYINGS:
        if (found := saying.matches(error.text)) is not None:
            finding = said(FAULT, saying, found, error.text)
            yield FAULT.finding(finding.fact, *finding.evidence, help=walk(error), certainty=finding.certainty)
