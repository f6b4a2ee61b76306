"""What a comparison of two engines found: numbers by output, as plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    """The largest difference of one output over all pairs of rows, and how much of it is tolerated.

    `unit` says what 1 means: `of the picture's side` for boxes and keypoints, `` for scores and probabilities.
    """

    output: str
    largest: float
    tolerance: float
    unit: str = ""

    @property
    def within(self) -> bool:
        """Whether the difference is tolerated; what is not a number never is."""
        return self.largest <= self.tolerance

    def __str__(self) -> str:
        return f"{self.output} {self.largest:.2g}{f' {self.unit}' if self.unit else ''}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One picture through two engines.

    `ours` and `theirs` count detections, `paired` those that stand for each other: same class, nearly the same box and
    score, in whatever order. `at_the_cut` are rows without a partner that score as much as the last one kept, where
    rounding decides which of equals is kept; they are no difference. `lonely` describes the other rows without a
    partner, a few of them. `uncompared` says which outputs were not compared, and why: one engine does not give them.
    """

    image: str
    ours: int
    theirs: int
    paired: int
    at_the_cut: int
    differences: tuple[Difference, ...]
    lonely: tuple[str, ...] = ()
    uncompared: tuple[str, ...] = ()

    @property
    def agree(self) -> bool:
        """Whether all rows have a partner and all differences are tolerated.

        Where rows are there and none has a partner, nothing was shown, though all may lie at the cut.
        """
        return self.fits and (self.paired > 0 or not (self.ours or self.theirs))

    @property
    def fits(self) -> bool:
        """Whether nothing was found that differs, even where nothing was shown to be the same."""
        return not self.lonely and all(difference.within for difference in self.differences)

    @property
    def worst(self) -> Difference | None:
        """The difference that comes nearest to its tolerance, or passes it furthest."""
        return max(self.differences, key=lambda one: one.largest / one.tolerance, default=None)

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "image": self.image,
            "agree": self.agree,
            "ours": self.ours,
            "theirs": self.theirs,
            "paired": self.paired,
            "at_the_cut": self.at_the_cut,
            "unpaired": list(self.lonely),
            "not_compared": list(self.uncompared),
            "differences": {
                one.output: {"largest": one.largest, "tolerance": one.tolerance, "unit": one.unit}
                for one in self.differences
            },
        }
