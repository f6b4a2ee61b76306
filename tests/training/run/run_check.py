"""Run by itself on a backend: a whole training, one that is killed at a step, or what goes on with it; as JSON.

python -m tests.training.run.run_check whole|killed|resumed|interrupted DATA RUN
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import loadstone as ls
from loadstone.facts.training import EpochFacts, StepFacts
from tests.training.run.squares import write_config

KILLED_AT = 4
"""In the second of three epochs of three steps."""


@dataclass
class Ends:
    """Sends this process a signal after a step."""

    number: int

    def stepped(self, facts: StepFacts) -> None:
        """Send it, at the step."""
        if facts.step == KILLED_AT:
            os.kill(os.getpid(), self.number)

    def epoch_over(self, facts: EpochFacts) -> None:
        """Nothing is done."""


def main(what: str, data: str, run: str) -> None:
    """Do it, and print the account and the sentences that were told."""
    told: list[str] = []
    if what == "resumed":
        done = ls.resume_training(run, tell=told.append)
    else:
        ends = {"killed": signal.SIGKILL, "interrupted": signal.SIGINT}
        watchers = [Ends(ends[what])] if what in ends else []
        config = write_config(Path(f"{run}.config"))
        done = ls.train(None, data, config=config, output=run, watchers=watchers, threads=2, tell=told.append)
    print(json.dumps({"told": told, **done.as_json()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
