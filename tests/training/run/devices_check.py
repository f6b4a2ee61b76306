"""Run by itself on a backend: short trainings on so many devices, in a precision; their losses as one line of JSON.

python -m tests.training.run.devices_check FOLDER DEVICES-PRECISION...

All in one process: starting a backend takes longer than a training. Devices stay shared out once they are, so that
trainings on several of them are named last.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import loadstone as ls
from loadstone.errors import LoadstoneError
from loadstone.facts.training import EpochFacts, StepFacts
from tests.training.run.squares import write_config, write_squares


class Losses:
    """Remembers each step's sum of losses."""

    def __init__(self) -> None:
        self.found: list[float] = []

    def stepped(self, facts: StepFacts) -> None:
        """Take a step's facts."""
        self.found.append(facts.losses["Loss/total_loss"])

    def epoch_over(self, facts: EpochFacts) -> None:
        """Nothing is done."""


def main(folder: Path, *wanted: str) -> None:
    """Train an epoch for each, and print its losses, or its error."""
    data, config = write_squares(folder / "data"), write_config(folder / "thin.config")
    found = {one: trained(data, config, folder / one, *one.split("-")) for one in wanted}
    print(json.dumps(found))


def trained(data: Path, config: Path, run: Path, devices: str, precision: str) -> dict[str, Any]:
    """Return a training's losses and whether what it saved opens, or the error."""
    losses = Losses()
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
        return {"error": error.as_json()}
    opened = ls.load(done.last or "")
    return {"losses": losses.found, "opens": dict(opened.labels) == {1: "red", 2: "green"}}


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
