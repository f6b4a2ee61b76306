"""A TF2 configuration starts from a checkpoint and does not say that it is of version 2.

What is seen

    `ValueError: Checkpoint version should be V2`, before the first step.

Why

    `fine_tune_checkpoint_version` is V1 where nothing is written, for the sake of TF1. The TF2 trainer accepts V2 only.

Remedy

    Write `fine_tune_checkpoint_version: V2` in `train_config`. The repair does it.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.config_text import config_texts
from loadstone.checks.views.odapi import is_tf2
from loadstone.checks.views.slips import remedy
from loadstone.errors import FormatError
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.detection.schema import PIPELINE

FIELD = "fine_tune_checkpoint_version"

FAULT = Fault(
    "config-ckpt-version-missing",
    "error",
    help=f"write {FIELD}: V2 in train_config: loadstone fix FILE",
    repair="add-checkpoint-version",
)

TEXTS = (
    Saying(
        r"Checkpoint version should be V2",
        "train_config does not say that its checkpoint is of version 2",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for a TF2 configuration with a checkpoint of no version, or of another."""
    release = subject.environment.version("tensorflow")
    if release is not None and release < (2,):
        return
    for text in config_texts(subject):
        if text.kind != PIPELINE or not is_tf2(text.root):
            continue
        try:
            train = text.root.message("train_config")
            start, version = train.text("fine_tune_checkpoint"), train.word(FIELD, "V1 (nothing is written)")
        except FormatError:
            continue
        if start and version not in ("V2", "2"):
            at = max((at for name, _, at in train.entries if name in (FIELD, "fine_tune_checkpoint")), default=train.at)
            fact = f"{text.name}: {FIELD} is {version}, and the TF2 trainer accepts V2 only"
            # A configuration that lies with an export is not trained from as it is.
            yield FAULT.finding(
                fact,
                Evidence(text.where(at), f"{FIELD}: {version}", f"{FIELD}: V2"),
                help=remedy(FAULT, text, mended=True),
                severity="error" if text.top else "info",
            )
