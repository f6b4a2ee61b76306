"""Requests that follow redirects, under this house's rules.

At most ten hops; http and https only; never from https down to http unless the file's hash is known beforehand;
a redirect never chooses a file name; a login belongs to one host and is worked out anew at each hop.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from loadstone.fetch.causes import from_status
from loadstone.fetch.source import without_secrets
from loadstone.fetch.trouble import PermanentError

if TYPE_CHECKING:
    from loadstone.fetch.patience import Patience
    from loadstone.fetch.transport import Response, Transport

MOST_HOPS = 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})
ANSWERS = frozenset({200, 206, 416})

BASE_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "loadstone"}
"""Encoded content is asked away: a byte range and a hash mean nothing on bytes that somebody repacks on the way."""


def follow(
    transport: Transport, url: str, headers: Mapping[str, str], *, patience: Patience, hash_known: bool
) -> Response:
    """Return the answer that carries the file (200, 206) or refuses the range (416); raise for anything else."""
    secure = urlsplit(url).scheme == "https"
    for _ in range(MOST_HOPS + 1):
        answer = transport.open(url, {**BASE_HEADERS, **headers}, patience)
        if answer.status in ANSWERS:
            return answer
        target = answer.headers.get("location", "") if answer.status in REDIRECTS else ""
        with answer:
            if not target:
                raise from_status(answer.status, answer.headers, url)
        url = _next(url, target, secure=secure, hash_known=hash_known)
        secure = secure or urlsplit(url).scheme == "https"
    raise PermanentError(
        f"the server redirects more than {MOST_HOPS} times",
        where=without_secrets(url),
        help="use the final address; a login page redirects like this too",
    )


def _next(url: str, target: str, *, secure: bool, hash_known: bool) -> str:
    onward = urljoin(url, target)
    scheme = urlsplit(onward).scheme
    if scheme not in ("http", "https"):
        raise PermanentError(
            f"the server redirects to a {scheme}: address, which is never followed",
            where=without_secrets(url),
            found=without_secrets(onward)[:200],
        )
    if secure and scheme == "http" and not hash_known:
        raise PermanentError(
            "the server redirects from https down to http, where anybody on the way may change the file",
            where=without_secrets(url),
            found=without_secrets(onward)[:200],
            help="give the file's hash to allow it: NAME@sha256:HEX",
        )
    return onward
