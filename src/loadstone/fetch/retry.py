"""When to try again, and how long to wait before it.

Waiting grows exponentially with jitter, so that many clients that were dropped together do not come back together.
The count of tries in a row is only reset by useful progress: new bytes beyond the furthest point ever reached.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from loadstone.fetch.patience import Patience
from loadstone.fetch.trouble import PermanentError, StartOverError, TemporaryError

USEFUL_SHARE = 50
"""Progress is useful from one fiftieth of the file: a server that drops each connection there is still got through."""

USEFUL_BYTES = 1 << 20
"""Progress in a file of unknown length is useful from one mebibyte."""


class Retries:
    """The budget of one transfer."""

    def __init__(self, patience: Patience, sleep: Callable[[float], None] = time.sleep) -> None:
        self.patience = patience
        self._sleep = sleep
        self._in_a_row = 0
        self._total = 0
        self._furthest = 0

    def after(self, trouble: TemporaryError | StartOverError, have: int, length: int | None) -> float:
        """Wait as long as is due and return the seconds, or raise the trouble if the budget is spent.

        `have` is how many bytes of the file are here, `length` how many it has.
        """
        self._note(have, length)
        self._in_a_row += 1
        self._total += 1
        if self._in_a_row >= self.patience.attempts or self._total >= self.patience.most_attempts:
            raise self._given_up(trouble) from trouble
        wait = self._wait(trouble)
        self._sleep(wait)
        return wait

    def _note(self, have: int, length: int | None) -> None:
        useful = max(1, length // USEFUL_SHARE if length else USEFUL_BYTES)
        if have >= self._furthest + useful:
            self._furthest = have
            self._in_a_row = 0

    def _wait(self, trouble: TemporaryError | StartOverError) -> float:
        asked = trouble.retry_after if isinstance(trouble, TemporaryError) else None
        if asked is not None and asked > self.patience.longest_retry_after:
            raise PermanentError(
                f"the server asks to come back in {asked:,.0f} seconds",
                where=trouble.where,
                expected=f"at most {self.patience.longest_retry_after:,.0f} seconds",
                help="run the same command then; what is here already is kept",
            ) from trouble
        growing = self.patience.first_wait * 2.0 ** min(self._in_a_row - 1, 16)
        jittered = min(growing, self.patience.longest_wait) * random.uniform(0.5, 1.0)
        return max(jittered, asked or 0.0)

    def _given_up(self, trouble: TemporaryError | StartOverError) -> PermanentError:
        return PermanentError(
            trouble.fact,
            where=trouble.where,
            expected=trouble.expected,
            found="; ".join(filter(None, [trouble.found, f"{self._total} tries"])),
            help=trouble.help or "run the same command again: it goes on where this one stopped",
        )
