"""How long a transfer waits and how often it tries again, and the variables that change it."""

from __future__ import annotations

import os
from typing import NamedTuple

from loadstone.errors import SourceError


class Patience(NamedTuple):
    """How long a transfer waits, and how often it tries again. Seconds and bytes per second.

    `attempts` counts tries in a row without useful progress; `most_attempts` counts all of them.
    """

    connect: float = 10.0
    stall: float = 30.0
    least_rate: float = 512.0
    rate_window: float = 60.0
    attempts: int = 6
    most_attempts: int = 60
    first_wait: float = 0.5
    longest_wait: float = 30.0
    longest_retry_after: float = 300.0


def patience() -> Patience:
    """Return the limits, each of which an environment variable (`LOADSTONE_STALL_SECONDS` and so on) may change."""
    given = Patience()
    return given._replace(
        connect=_number("LOADSTONE_CONNECT_SECONDS", given.connect),
        stall=_number("LOADSTONE_STALL_SECONDS", given.stall),
        attempts=int(_number("LOADSTONE_ATTEMPTS", given.attempts)),
        first_wait=_number("LOADSTONE_RETRY_SECONDS", given.first_wait),
    )


def _number(variable: str, otherwise: float) -> float:
    text = os.environ.get(variable, "").strip()
    if not text:
        return otherwise
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < 1e6:
        raise SourceError(
            f"{variable} is not a number that can be used",
            expected="a number above 0",
            found=repr(text),
            help=f"unset {variable}, or set it to a number",
        )
    return number
