"""A TF2 checkpoint is given to the TF1 half of the Object Detection API.

What is seen

    `Key FeatureExtractor/... not found in checkpoint`, for a checkpoint named `ckpt-0`.

Why

    TF2 saves a graph of objects, whose keys (`model/_feature_extractor/...`) are not the names that a TF1
    graph asks for.

Remedy

    Use the configuration that lies with the checkpoint, and `model_main_tf2.py` with TensorFlow 2.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.fit import fits
from loadstone.checks.views.odapi import extractor_of
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "tf2-ckpt-in-tf1-odapi",
    "error",
    help="use the configuration that belongs to the checkpoint, with TensorFlow 2",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where a TF1 configuration meets an object-based checkpoint."""
    for fit in fits(subject):
        if fit.generations == ("TF2", "TF1") and fit.is_checkpoint:
            kind, message = extractor_of(fit.config)
            shown = fit.shown.feature_extractor
            fact = f"{fit.source} is a TF2 checkpoint{f' ({shown})' if shown else ''}, and {fit.config_name} is of TF1"
            where = fit.where("type", message)
            yield FAULT.finding(fact, Evidence(where, f'type: "{kind}"', f'type: "{shown}"' if shown else "_keras"))
