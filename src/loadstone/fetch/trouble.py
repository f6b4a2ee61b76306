"""What can go wrong on the way, by what it means for the next step.

    TransferError (of loadstone.errors)
    ├── TemporaryError     waiting and trying again may help: resets, stalls, 429, 503, refusals, no answer from DNS
    ├── StartOverError     what lies here cannot be continued: the file changed, the range is not what was asked for
    ├── PermanentError     trying again is pointless: 404, a certificate, too many redirects
    ├── WrongContentError  everything arrived and is not what it should be: hash, length, container
    └── OfflineError       it is not here, and the network may not be used

Only the first two are retried, and `WrongContentError` once, from zero. All are `TransferError`s, so whichever one is
left in the end is what the user reads.
"""

from __future__ import annotations

from loadstone.errors import TransferError


class TemporaryError(TransferError):
    """Trouble that passes. `retry_after` is the server's own wish in seconds, where it stated one."""

    retry_after: float | None = None
    cause: str = ""


class StartOverError(TransferError):
    """The bytes that are here cannot be continued; the transfer has to begin at zero."""


class PermanentError(TransferError):
    """Trouble that trying again will not change. `status` is the server's answer, where it gave one."""

    status = 0


class WrongContentError(TransferError):
    """What arrived is not what was asked for. `cut` says that it is a beginning of it, which can be continued."""

    code = "wrong-content"
    cut = False


class OfflineError(TransferError):
    """It is not here, and the network may not be used."""

    code = "offline"
