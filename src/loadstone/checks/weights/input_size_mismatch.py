"""The configuration states another input than the exported model takes, or the model takes one batch size only.

What is seen

    Boxes that are shifted or missing, or `Matrix size-incompatible` and `cannot be fed a value of shape` when another
    size or more than one picture is given.

Why

    An exported graph has the size of its pictures and its batch built in; the configuration beside it was edited later,
    or belongs to another export.

Remedy

    Export again with this configuration, or give the model what it takes.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.fit import Fit, fits
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.detection.config import architecture

FAULT = Fault("input-size-mismatch", "warning", help="export again with this configuration")


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where sizes differ, and a word where the batch is fixed."""
    for fit in fits(subject):
        shapes = [spec.shape for spec in fit.model.inputs if spec.shape is not None and len(spec.shape) == 4]
        for shape in shapes[:1]:
            yield from _sizes(fit, (shape[1], shape[2]))
            if shape[0] is not None and shape[0] > 0:
                fact = f"the exported model takes {shape[0]:,} picture{'s' if shape[0] > 1 else ''} at a time"
                shown = Evidence(fit.source, str(list(shape)))
                yield FAULT.finding(fact, shown, severity="info", help=f"give it a batch of {shape[0]:,}")


def _sizes(fit: Fit, size: tuple[int | None, int | None]) -> Iterator[Finding]:
    stated = fit.stated.input_size
    if stated is None or None in size or size == stated or size == (1, 1):
        return
    inner = architecture(fit.config)
    fact = f"{fit.source} takes pictures of {size[0]} × {size[1]}, and {fit.config_name} says {stated[0]} × {stated[1]}"
    where = fit.where("image_resizer", inner)
    yield FAULT.finding(fact, Evidence(where, f"{stated[0]} × {stated[1]}", f"{size[0]} × {size[1]}"))
