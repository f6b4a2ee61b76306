"""The checkpoint holds no weights.

What is seen

    An `.index` of less than 1 KB beside a `.data` file of a few hundred bytes, and at export `AssertionError:
    Some Python objects were not bound to checkpointed values`.

Why

    It was saved before the model had built its variables, or of an object that does not hold the model: what is not an
    attribute of a tracked object is not saved.

Remedy

    Build the model (run it once) before saving, and save `tf.train.Checkpoint(model=model)`. The weights of this
    checkpoint are nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "ckpt-empty-or-untracked",
    "error",
    help="save it again after the model was built, as tf.train.Checkpoint(model=model)",
)

TEXTS = (
    Saying(
        r"Some Python objects were not bound to checkpointed values, likely due to changes in the Python program",
        "the checkpoint does not hold the model's variables: it was saved before they were built, or of another object",
        certainty="likely",
        unless=(r"Showing \d+ of \d+ unmatched", r"load_fine_tune_checkpoint"),
    ),
    Saying(
        r"ckpt-\d+\.index\W{1,5}(?P<bytes>\d{2,3}) bytes",
        "an index of {bytes} bytes names hardly any variable",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for a whole checkpoint without a single weight."""
    model = subject.model
    if (
        model is None
        or not model.files
        or any(file.role == "index" and file.state != "present" for file in model.files)
    ):
        return
    specs = model.tensors.specs
    if any(spec.role == "weight" for spec in specs) or (model.notes and "broken" in " ".join(model.notes)):
        return
    names = ", ".join(spec.name for spec in specs[:4]) or "nothing"
    size = next((file.size for file in model.files if file.role in ("index", "data") and file.size), 0)
    fact = f"the checkpoint holds no weights: {len(specs):,} tensors, none of them a model's"
    yield FAULT.finding(fact, Evidence(subject.source, f"{names} ({size:,} bytes)", "a model's variables"))
