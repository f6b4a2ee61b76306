"""What a transfer reports while it runs, for whoever draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TransferPhase = Literal["waiting", "moving", "retrying", "verifying", "unpacking", "done", "failed"]


@dataclass(frozen=True, slots=True)
class TransferState:
    """One moment of one transfer.

    `name` is for a person; `source` tells transfers of equal names apart.
    `have` counts the bytes of the file that are here, `resumed` how many of them an earlier attempt left,
    `total` the file's length (None while nobody has said it). `note` is one line for a person.
    """

    name: str
    phase: TransferPhase
    have: int = 0
    total: int | None = None
    resumed: int = 0
    note: str = ""
    source: str = ""
