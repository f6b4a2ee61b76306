"""How far a training has come, as plain values beside its arrays: `Progress`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from loadstone.errors import FormatError


@dataclass(frozen=True, slots=True)
class Progress:
    """`step` counts the batches that are done. `sums` adds up the losses of the present epoch, by name.

    `best` is the best mean average precision so far and `best_epoch` its epoch; None without one. `since` counts the
    epochs since then, for early stopping.
    """

    step: int = 0
    sums: Mapping[str, float] = field(default_factory=dict)
    best: float | None = None
    best_epoch: int | None = None
    since: int = 0

    def stepped(self, losses: Mapping[str, float]) -> Progress:
        """Return the progress after one more step with these losses."""
        sums = {name: self.sums.get(name, 0.0) + value for name, value in losses.items()}
        return replace(self, step=self.step + 1, sums=sums)

    def judged(self, epoch: int, measured: float | None) -> Progress:
        """Return the progress after an epoch in which this was measured, None for nothing; `best_epoch` tells."""
        fresh = replace(self, sums={})
        if measured is None:
            return fresh
        if self.best is None or measured > self.best:
            return replace(fresh, best=measured, best_epoch=epoch, since=0)
        return replace(fresh, since=self.since + 1)

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def progress_of(values: Any, where: str) -> Progress:
    """Return the progress that JSON values hold; `FormatError` where they hold none."""
    try:
        return Progress(
            step=int(values["step"]),
            sums={str(name): float(value) for name, value in values["sums"].items()},
            best=None if values["best"] is None else float(values["best"]),
            best_epoch=None if values["best_epoch"] is None else int(values["best_epoch"]),
            since=int(values["since"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(
            "the checkpoint does not say how far it had come", where=where, found=repr(values)[:80]
        ) from error
