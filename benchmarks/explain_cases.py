"""How many error texts of real threads `explain` understands: the right fault first.

    python benchmarks/explain_cases.py [--cases FILE] [--text-only] [--all] [--show ID]

Counted are the cases whose label is sure (evidence `message`, `thread` or `computed`); `--all` lists the inferred ones
as well. Each is asked as it stands and again with another person's names, paths and numbers (`other_words.py`), for
three sets of words: a case counts as understood in other words only where all three give the right fault.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.other_words import other_words
from loadstone.checks.explain import explain

CASES = Path(__file__).resolve().parents[2] / "shared" / "failures" / "cases.jsonl"
SURE = ("message", "thread", "computed")
SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class Asked:
    """One case: the fault it should give, the faults it gave first, and those it gave in other words."""

    case: str
    evidence: str
    wanted: str
    first: str
    others: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether the right fault stands first."""
        return self.first == self.wanted

    @property
    def right_in_other_words(self) -> bool:
        """Whether it does in each set of other words."""
        return all(other == self.wanted for other in self.others)


def first_fault(text: str, environment: str | None) -> str:
    """Return the name of the first finding, or `-`."""
    findings = explain(text, environment, files=False).findings
    return findings[0].fault if findings else "-"


def ask(case: dict[str, Any], *, stated: bool = True) -> Asked:
    """Ask for one case as it stands and in other words; `stated`: with the environment that the person stated."""
    environment = case["environment"] if stated else None
    text = case["error_text"]
    others = tuple(first_fault(other_words(text, seed), environment) for seed in SEEDS)
    wanted = case["fault"].replace(":", "-")
    return Asked(case["id"], case["evidence"], wanted, first_fault(text, environment), others)


def load(path: Path = CASES) -> list[dict[str, Any]]:
    """Return the cases of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def share(asked: Iterable[Asked], *, other: bool = False) -> float:
    """Return how many of a hundred are right."""
    right = [one.right_in_other_words if other else one.right for one in asked]
    return 100 * sum(right) / max(1, len(right))


def main() -> None:
    """Print the cases that are not understood, and the percentages."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=Path, default=CASES)
    parser.add_argument("--text-only", action="store_true", help="without the environment that the person stated")
    parser.add_argument("--all", action="store_true", help="list the inferred cases too")
    parser.add_argument("--show", metavar="ID", help="print one case in other words")
    arguments = parser.parse_args()
    cases = load(arguments.cases)
    if arguments.show:
        case = next(case for case in cases if case["id"] == arguments.show)
        print(case["error_text"], other_words(case["error_text"]), sep="\n\n")
        return
    asked = [ask(case, stated=not arguments.text_only) for case in cases]
    for one in asked:
        if not (one.right and one.right_in_other_words) and (arguments.all or one.evidence in SURE):
            print(f"{one.case} {one.evidence:<8} {one.wanted:<38} {one.first:<34} {' '.join(sorted(set(one.others)))}")
    sure = [one for one in asked if one.evidence in SURE]
    inferred = [one for one in asked if one.evidence not in SURE]
    for label, group in (("sure", sure), ("inferred", inferred), ("all", asked)):
        same, other = share(group), share(group, other=True)
        print(f"{label:<9} {len(group):>4} cases   {same:5.1f} % right   {other:5.1f} % right in other words")


if __name__ == "__main__":
    main()
