"""`fine_tune_checkpoint_type` does not say what the checkpoint holds.

What is seen

    `assert_existing_objects_matched`, or `Not supported fine tuning checkpoint type`, before the first step.

Why

    `classification` looks for a backbone under `feature_extractor`, `detection` and `full` for a detector
    under `model`. Where nothing is written, `classification` counts.

Remedy

    Write `fine_tune_checkpoint_type: "detection"` for a checkpoint of a detector.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.config_text import config_texts
from loadstone.checks.views.fit import Fit, fits
from loadstone.checks.views.odapi import is_tf2, meta_of
from loadstone.errors import FormatError
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.detection.schema import PIPELINE

KNOWN = ("classification", "detection", "full")

FAULT = Fault(
    "ckpt-type-mismatch",
    "error",
    help='write fine_tune_checkpoint_type: "detection"',
    repair="set-checkpoint-type",
)

TEXTS = (
    Saying(
        r"[Nn]ot supported fine tuning checkpoint type[: ]+[\"'`]?(?P<kind>\w*)",
        'fine_tune_checkpoint_type: "{kind}" is not known to this architecture',
    ),
    Saying(
        r"Unknown fine_tune_checkpoint_type[: {]+[\"'`]?(?P<kind>\w*)",
        'fine_tune_checkpoint_type: "{kind}" is not known',
    ),
    Saying(
        r"Sub model type .{0,40}?is not supported|[Cc]heckpoint type[^\n]{0,30}\"fine_tune\"",
        "this architecture takes its checkpoint as a detection checkpoint only",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the written type is unknown, or not that of the checkpoint to start from."""
    for text in config_texts(subject):
        if text.kind == PIPELINE and text.top and is_tf2(text.root):
            try:
                train = text.root.message("train_config")
                written = train.text("fine_tune_checkpoint_type")
            except FormatError:
                continue
            if written and written not in KNOWN:
                at = max(at for name, _, at in train.entries if name == "fine_tune_checkpoint_type")
                fact = f'{text.name}: fine_tune_checkpoint_type: "{written}" is not known to the TF2 trainer'
                # CenterNet took "fine_tune" until late 2020, and the zoo's configurations of then still say so.
                once = written == "fine_tune" and meta_of(text.root) == "center_net"
                shown = Evidence(text.where(at), written, " or ".join(KNOWN))
                yield FAULT.finding(fact, shown, severity="warning" if once else None)
    for fit in fits(subject):
        if fit.fine_tuning and fit.object_based and is_tf2(fit.config):
            yield from _against(fit)


def _against(fit: Fit) -> Iterator[Finding]:
    kind, held = fit.kind_of_start, holds(fit)
    if not held or kind not in KNOWN or (kind == "classification") == (held == "classification"):
        return
    train = fit.config.message("train_config")
    field = "fine_tune_checkpoint_type"
    written = f'{field}: "{kind}"' if field in train else f"no {field}, which means {kind}"
    fact = f"{fit.config_name} starts from a {kind} checkpoint, and {fit.source} is a {held} checkpoint"
    where = fit.where(field if field in train else "fine_tune_checkpoint", train)
    help_ = f'{fit.fix_config}   writes {field}: "{held}"'
    yield FAULT.finding(fact, Evidence(where, written, f'{field}: "{held}"'), help=help_)


def holds(fit: Fit) -> str:
    """Return what an object-based checkpoint holds: `detection`, `classification`, or empty where neither shows."""
    names = [spec.name for spec in fit.model.tensors.specs] if fit.object_based else []
    if any(name.startswith("model/") for name in names):
        return "detection"
    return "classification" if any(name.startswith("feature_extractor/") for name in names) else ""
