"""The end of a transfer that only trickles."""

from __future__ import annotations

import time

from loadstone.fetch.patience import Patience
from loadstone.fetch.trouble import TemporaryError


class RateGuard:
    """Ends a transfer that only trickles: below the least rate over a whole window counts as a drop."""

    def __init__(self, patience: Patience, where: str) -> None:
        self._patience = patience
        self._where = where
        self._since = time.monotonic()
        self._count = 0

    def note(self, count: int) -> None:
        """Count bytes; raise `TemporaryError` at the end of a window that brought too few."""
        self._count += count
        elapsed = time.monotonic() - self._since
        if elapsed < self._patience.rate_window:
            return
        rate = self._count / elapsed
        if rate < self._patience.least_rate:
            raise TemporaryError(
                "the transfer only trickles",
                where=self._where,
                expected=f"at least {self._patience.least_rate:,.0f} bytes/s",
                found=f"{rate:,.0f} bytes/s over {elapsed:,.0f} s",
            )
        self._since, self._count = time.monotonic(), 0
