"""From what was measured to one line of cause and one of help: exceptions of the client, and HTTP statuses.

What this is not: a guess. Where two causes look alike from here, the line says what was seen and no more.
`pages` tells apart what arrives in place of a file; `network_doctor` walks the stations one by one.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC

from loadstone.errors import TransferError
from loadstone.facts.network import CERTIFICATES, DOCTOR, STATUS, STATUS_HELP
from loadstone.fetch.trouble import PermanentError, TemporaryError

SHORT = "short"
"""The cause of a body that ended in order and too early."""

TEMPORARY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})


def from_exception(error: BaseException, url: str) -> TransferError:
    """Return what an exception of the client means."""
    where = _place(url)
    chain = list(_chain(error))
    for explain in (_certificate, _tls, _name, _proxy, _refusal, _timeout, _address, _short):
        if found := explain(chain, where):
            return found
    trouble = TemporaryError("the connection broke", where=where, found=_said(chain), help=DOCTOR.format(url=where))
    trouble.cause = "broken"
    return trouble


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and everything inside it: causes, contexts, and urllib3's `reason` and arguments."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        item = waiting.pop(0)
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        waiting += [getattr(item, "reason", None), item.__cause__, item.__context__, *item.args]


def _said(chain: list[BaseException]) -> str:
    plain = [item for item in chain if isinstance(item, OSError) and item.strerror]
    text = str(plain[0].args[-1]) if plain else str(chain[0])
    return text.rpartition("): ")[2][:200]


def _place(url: str) -> str:
    from loadstone.fetch.source import without_secrets

    return without_secrets(url)


def _permanent(fact: str, where: str, help: str, found: str = "") -> PermanentError:  # noqa: A002 - the field's name
    return PermanentError(fact, where=where, help=help, found=found)


def _temporary(cause: str, fact: str, where: str, help: str = "", found: str = "") -> TemporaryError:  # noqa: A002
    trouble = TemporaryError(fact, where=where, help=help or DOCTOR.format(url=where), found=found)
    trouble.cause = cause
    return trouble


def _certificate(chain: list[BaseException], where: str) -> TransferError | None:
    failure = next((item for item in chain if isinstance(item, ssl.SSLCertVerificationError)), None)
    if failure is None:
        return None
    fact, remedy = CERTIFICATES.get(
        failure.verify_code, ("the server's certificate cannot be trusted", DOCTOR.format(url=where))
    )
    return _permanent(fact, where, remedy.format(clock=_clock()), found=failure.verify_message)


def _clock() -> str:
    import time

    return time.strftime("it says %Y-%m-%d %H:%M UTC", time.gmtime())


def _tls(chain: list[BaseException], where: str) -> TransferError | None:
    failure = next((item for item in chain if isinstance(item, ssl.SSLError)), None)
    if failure is None or isinstance(failure, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return None
    reason = failure.reason or str(failure)
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return _permanent("the other side does not speak TLS on this port", where, "check scheme and port", reason)
    return _permanent("TLS could not be agreed on", where, DOCTOR.format(url=where), reason)


def _name(chain: list[BaseException], where: str) -> TransferError | None:
    failure = next((item for item in chain if isinstance(item, socket.gaierror)), None)
    if failure is None:
        return None
    host = where.partition("://")[2].partition("/")[0]
    if failure.errno == socket.EAI_AGAIN:
        return _temporary(
            "dns", f"no name server answers for {host}", where, "check that this machine is connected to a network"
        )
    return _permanent(f"there is no host of the name {host}", where, "check the spelling, or the name server in use")


def _proxy(chain: list[BaseException], where: str) -> TransferError | None:
    failure = next((item for item in chain if type(item).__name__ == "ProxyError"), None)
    if failure is None:
        return None
    text = " ".join(map(str, chain))
    if "407" in text:
        return _permanent(
            "the proxy demands a login", where, "set HTTPS_PROXY=http://USER:PASSWORD@PROXY:PORT", "407 from the proxy"
        )
    if "Tunnel connection failed" in text:
        reply = text.partition("Tunnel connection failed: ")[2][:60].partition("'")[0].partition('"')[0].strip(")( ")
        return _permanent("the proxy refuses to connect to this host", where, "ask its owner, or set NO_PROXY", reply)
    return _temporary("proxy", "the proxy does not answer", where, "check HTTPS_PROXY and HTTP_PROXY", _said(chain))


def _refusal(chain: list[BaseException], where: str) -> TransferError | None:
    codes = {item.errno for item in chain if isinstance(item, OSError)}
    if errno.ECONNREFUSED in codes:
        return _temporary("refused", "the connection is refused: nothing listens there", where)
    if codes & {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}:
        return _temporary("route", "there is no route to the host", where, "check this machine's network and VPN")
    if codes & {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED}:
        return _temporary("reset", "the connection was reset", where)
    return None


def _short(chain: list[BaseException], where: str) -> TransferError | None:
    if any(type(item).__name__ == "IncompleteRead" for item in chain):
        return _temporary(SHORT, "the connection ended before the announced length", where)
    return None


def _timeout(chain: list[BaseException], where: str) -> TransferError | None:
    names = {type(item).__name__ for item in chain}
    if "ConnectTimeoutError" in names:
        return _temporary("connect-timeout", "the host does not answer to connecting", where)
    if names & {"ReadTimeoutError", "TimeoutError"}:
        return _temporary("stall", "nothing more came: the transfer stalled", where)
    return None


def _address(chain: list[BaseException], where: str) -> TransferError | None:
    names = {type(item).__name__ for item in chain}
    if names & {"LocationParseError", "LocationValueError", "InvalidURL", "URLSchemeUnknown"}:
        return _permanent("that is not an address", where, "check the spelling", _said(chain))
    return None


def from_status(status: int, headers: Mapping[str, str], url: str) -> TransferError:
    """Return what an answer that is neither a file nor a redirect means."""
    where = _place(url)
    if status in TEMPORARY_STATUSES:
        trouble = _temporary("status", STATUS.get(status, f"the server is not able to answer now ({status})"), where)
        trouble.retry_after = retry_after(headers.get("retry-after", ""))
        return trouble
    fact = STATUS.get(status, f"the server answered {status}")
    final = _permanent(fact, where, STATUS_HELP.get(status, "check the address"), _server(headers))
    final.status = status
    return final


def _server(headers: Mapping[str, str]) -> str:
    return f"answered by {headers['server'][:80]}" if headers.get("server") else ""


def retry_after(text: str) -> float | None:
    """Return the seconds that a Retry-After header asks for, stated as a number or as a date."""
    text = text.strip()
    if text.isdecimal():
        return float(text[:12])
    from datetime import datetime
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())


def disk_error(error: OSError, where: str, needed: int | None = None) -> TransferError:
    """Return what a failed write means, with the numbers."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return no_space(where, needed)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return PermanentError(
            f"this place may not be written to: {error.strerror}",
            where=where,
            help="set LOADSTONE_HOME to a folder that you may write, or use --output",
        )
    return PermanentError(f"writing failed: {error.strerror or error}", where=where)


def no_space(where: str, needed: int | None) -> TransferError:
    """Return the error for a full disk."""
    import os
    import shutil

    where = os.path.abspath(where)
    folder = where
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    free = shutil.disk_usage(folder).free
    return PermanentError(
        "the disk is full",
        where=folder,
        expected=f"{needed:,} bytes free" if needed else "",
        found=f"{free:,} bytes free",
        help="make room (loadstone cache prune), or set LOADSTONE_HOME to a folder on a larger disk",
    )
