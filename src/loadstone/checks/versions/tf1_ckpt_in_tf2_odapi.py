"""A TF1 checkpoint is given to the TF2 half of the Object Detection API.

What is seen

    `OSError: Checkpoint is expected to be an object-based checkpoint.`, or no variable that matches.

Why

    TF1 saves variables by name, TF2 a graph of objects (`_CHECKPOINTABLE_OBJECT_GRAPH`). The TF2 trainer refuses the
    former, and the TF2 networks have other layers, so that renaming variables would not make it fit.

Remedy

    Start from the checkpoint of the TF2 zoo for the same architecture, or use the TF1 half of the API
    (TensorFlow 1.15).
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.fit import fits
from loadstone.checks.views.odapi import equivalent, extractor_of
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "tf1-ckpt-in-tf2-odapi",
    "error",
    help="start from the TF2 zoo's checkpoint of this architecture, or use TensorFlow 1.15 with the TF1 configuration",
)

TEXTS = (
    Saying(
        r"Checkpoint is expected to be an object-based checkpoint",
        "the checkpoint is saved by names, as TF1 does, and the TF2 trainer takes object-based ones only",
    ),
    Saying(
        r"(?:is not|not) an object-based checkpoint",
        "the checkpoint is saved by names, as TF1 does",
        certainty="likely",
        needs=(r"object_detection|model_lib_v2|fine_tune",),
    ),
    Saying(
        r"[Cc]heckpoint is not object-based|not found in checkpoint[^\n]*object-based",
        "the checkpoint is saved by names, as TF1 does",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where a TF2 configuration meets a checkpoint without an object graph."""
    for fit in fits(subject):
        if fit.generations != ("TF1", "TF2") or not len(fit.model.tensors):
            continue
        kind, message = extractor_of(fit.config)
        first = next((spec.name for spec in fit.model.tensors.specs if spec.role == "weight"), "")
        evidence = [
            Evidence(fit.source, f"no _CHECKPOINTABLE_OBJECT_GRAPH; {first}", "an object graph"),
            Evidence(fit.where("type", message), f'type: "{kind}"', "a TF1 extractor, without _keras"),
        ]
        shown = fit.shown.feature_extractor
        near = equivalent(shown or "")
        help_text = f"start from {near}" if near else FAULT.help
        fact = f"{fit.source} is a TF1 checkpoint{f' ({shown})' if shown else ''}, and {fit.config_name} is of TF2"
        yield FAULT.finding(fact, *evidence, help=help_text)
