"""The server failed, or is asked for more than it gives now.

What is seen

    `500 -- Internal Server Error`, `502 -- Bad Gateway`, `HTTP Error 503: Service Unavailable`, `429 Too Many
    Requests`.

Why

    The address and the network are good: the server itself, or a gateway in front of it, could not answer this time.

Remedy

    Try again later; a tool that waits and resumes does so by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.network._texts import address
from loadstone.facts.finding import Evidence, Finding
from loadstone.facts.network import STATUS

FAULT = Fault(
    "net-server-failing",
    "error",
    help="try again later: loadstone get ADDRESS waits, resumes and verifies",
    reference="https://www.rfc-editor.org/rfc/rfc9110#name-server-error-5xx",
)

_STATUS = re.compile(
    r"(?:URL fetch failure on \S+: |HTTP Error |\bERROR |response code |returned error: |^)(?P<code>50[0234]|429)"
    r"(?: -- | (?:Client|Server) Error|: )"
)


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield the status that the server answered with."""
    if found := _STATUS.search(error.text):
        place = address(error)
        number = error.line_of(found.start())
        yield FAULT.finding(
            f"{STATUS[int(found['code'])]}{f': {place}' if place else ''}",
            Evidence(f"line {number} of the text", error.lines[number - 1].strip()[:300]),
            help=FAULT.help.replace("ADDRESS", place or "ADDRESS"),
        )
