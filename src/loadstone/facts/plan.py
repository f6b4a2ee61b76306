"""A repair before it is made: what would change, as data, and how safe that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Grade = Literal["safe", "ask", "show-only"]
"""`safe`: means the same to every reader. `ask`: right if the finding is; a person decides. `show-only`: never."""

GRADES: tuple[Grade, ...] = ("safe", "ask", "show-only")


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: where, what stands there, what is to stand there (`None`: nothing), and why."""

    where: str
    before: str | None
    after: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a repair would do to `source`.

    `suffix` is the ending of the new file's name (`.h5`); empty: the source's own. `folder`: what is written is a
    folder that holds the new files (a checkpoint is several). `touched` names the tensors that change; every other is
    byte-identical afterwards. `asked`: what a person is to decide, for the grade `ask`; empty where the edits say it.
    `details` is for the repair's own `apply`.
    """

    repair: str
    source: str
    edits: tuple[Edit, ...]
    grade: Grade = "safe"
    faults: tuple[str, ...] = ()
    suffix: str = ""
    touched: tuple[str, ...] = ()
    folder: bool = False
    asked: str = ""
    details: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Fixed:
    """What `fix` did: the plans that were applied in order, those left for a person, the new file, the check of it.

    `output` is None where nothing was written (a dry run, or nothing to mend).
    """

    source: str
    output: str | None
    applied: tuple[Plan, ...] = ()
    left: tuple[Plan, ...] = ()
    remaining: tuple[Any, ...] = ()
