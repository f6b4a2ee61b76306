"""A `pipeline.config` that fits the weights is written: architecture, extractor and classes from names and shapes.

Only on request. What leaves no trace in weights (the picture's size, thresholds) is the zoo's usual, and the text says
so.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import CHECKPOINTS, Subject
from loadstone.checks.views.config_of import config_of_weights
from loadstone.errors import LoadstoneError
from loadstone.facts.plan import Edit, Plan

ON_REQUEST = True
CONTAINERS = CHECKPOINTS | {"savedmodel", "frozen-graph"}


def plan(subject: Subject) -> Plan | None:
    """Return the configuration as one edit; None for what is no detector that can be recovered."""
    model = subject.model
    if model is None:
        return None
    holders = [model, *model.parts]
    for holder in holders:
        if holder.format not in CONTAINERS or not len(holder.tensors):
            continue
        try:
            text = config_of_weights(holder)
        except LoadstoneError:
            # Another part of the source may tell more.
            continue
        edit = Edit("pipeline.config", None, text.partition("\n")[0], "recovered from names and shapes")
        return Plan("write-config", subject.source, (edit,), "ask", suffix=".config", details=text)
    return None


def apply(plan: Plan, target: Path) -> None:
    """Write the configuration to `target`."""
    target.write_text(plan.details, encoding="utf-8", newline="\n")
