"""The connection broke in the middle of the download.

What is seen

    `Connection reset by peer`, `forcibly closed by the remote host`, `IncompleteRead`, `retrieval incomplete`,
    `Remote end closed connection without response`, `UNEXPECTED_EOF_WHILE_READING`, and from curl `transfer closed`.

Why

    Something on the way closed the connection. `keras.utils.get_file` begins anew each time and cannot resume, so that
    a large file over a poor line may never arrive; older versions leave the part under the final name.

Remedy

    Remove the part, and fetch the file with a tool that resumes and verifies.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying, said
from loadstone.checks.network._texts import TRANSFER, address
from loadstone.facts.finding import Finding

FAULT = Fault(
    "net-interrupted",
    "error",
    help="fetch it with a tool that resumes and verifies: loadstone get ADDRESS",
    reference="https://keras.io/api/utils/python_utils/#get_file-function",
)

_SAYINGS = (
    Saying(
        r"Connection reset by peer|ConnectionResetError|WinError 1005[34]\b|forcibly closed by the remote host|"
        r"ConnectionAbortedError|Connection aborted|ProtocolError\('Connection broken",
        "the connection was reset during the transfer",
        needs=(TRANSFER,),
        unless=(r"IncompleteRead|RemoteDisconnected",),
    ),
    Saying(
        r"IncompleteRead\((?P<got>\d+) bytes read(?:, (?P<more>\d+) more expected)?\)",
        "the connection ended after {got} bytes, before the announced length",
    ),
    Saying(
        r"retrieval incomplete: got only (?P<got>\d+) out of (?P<all>\d+) bytes",
        "the connection ended after {got} of {all} bytes",
    ),
    Saying(
        r"ContentTooShortError|transfer closed with (?P<rest>\d+) bytes remaining|ChunkedEncodingError|"
        r"end of response with \d+ bytes missing",
        "the connection ended before the announced length",
        unless=(r"retrieval incomplete|IncompleteRead",),
    ),
    Saying(
        r"RemoteDisconnected|Remote end closed connection without response|Empty reply from server|"
        r"UNEXPECTED_EOF_WHILE_READING|EOF occurred in violation of protocol|Recv failure|SSL_read|"
        r"the remote end hung up unexpectedly|early EOF",
        "the other side closed the connection",
        needs=(TRANSFER,),
    ),
    Saying(
        r"WinError 1005[34]\b|EOF occurred in violation of protocol",
        "the connection was reset; the text does not say what was transferred",
        "possible",
    ),
    Saying(
        r"Broken pipe",
        "the connection broke during the transfer",
        "likely",
        needs=(r"URL fetch failure|urlopen|requests[./\\]|HTTPS?ConnectionPool",),
    ),
)


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield what the client says of the end of the connection, with the command for the text's own address."""
    place = address(error)
    for saying in _SAYINGS:
        if (found := saying.matches(error.text)) is not None:
            finding = said(FAULT, saying, found, error.text)
            remedy = FAULT.help.replace("ADDRESS", place) if place else FAULT.help
            yield FAULT.finding(finding.fact, *finding.evidence, help=remedy, certainty=finding.certainty)
