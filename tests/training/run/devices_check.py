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
from tests.builder.small import plain
from tests.training.run.squares import CLASSES, write_squares


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
    data = write_squares(folder / "data")
    # A few layers: JAX compiles a step anew for every training.
    ls.build("ssd", plain(), len(CLASSES), 64, width=16, preprocessing="tf", labels=CLASSES).save(folder / "thin.keras")
    found = {one: trained(data, folder / "thin.keras", folder / one, *one.split("-")) for one in wanted}
    print(json.dumps(found))


def trained(data: Path, model: Path, run: Path, devices: str, precision: str) -> dict[str, Any]:
    """Return a training's losses and whether what it saved opens, or the error."""
    losses = Losses()
    how: Any = {"epochs": 1, "batch": 4, "devices": int(devices), "precision": precision, "threads": 1}
    try:
        done = ls.train(
            model,
            data,
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
