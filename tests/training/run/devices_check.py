"""Run by itself on a backend: a short training on so many devices, in a precision; its losses as one line of JSON.

python -m tests.training.run.devices_check DATA RUN DEVICES PRECISION
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import loadstone as ls
from loadstone.errors import LoadstoneError
from loadstone.facts.training import EpochFacts, StepFacts
from tests.training.run.squares import write_config


class Losses:
    """Remembers each step's sum of losses."""

    def __init__(self) -> None:
        self.found: list[float] = []

    def stepped(self, facts: StepFacts) -> None:
        """Take a step's facts."""
        self.found.append(facts.losses["Loss/total_loss"])

    def epoch_over(self, facts: EpochFacts) -> None:
        """Nothing is done."""


def main(data: str, run: str, devices: str, precision: str) -> None:
    """Train an epoch, and print the losses, or the error."""
    losses, config = Losses(), write_config(Path(f"{run}.config"))
    how: Any = {"epochs": 1, "devices": int(devices), "precision": precision, "threads": 1}
    try:
        done = ls.train(
            None,
            data,
            config=config,
            output=run,
            validation="none",
            watchers=[losses],
            tell=lambda sentence: None,
            **how,
        )
    except LoadstoneError as error:
        print(json.dumps({"error": error.as_json()}))
        return
    opened = ls.load(done.last or "")
    print(json.dumps({"losses": losses.found, "opens": dict(opened.labels) == {1: "red", 2: "green"}}))


if __name__ == "__main__":
    main(*sys.argv[1:])
