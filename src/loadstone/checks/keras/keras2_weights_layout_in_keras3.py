"""The weights lie where Keras 3 does not look for them.

What is seen

    `Layer 'lstm_cell' expected 3 variables, but received 0 variables during loading`, or layers of a composite
    block that keep their initial values.

Why

    Keras 2 named the container `_layer_checkpoint_dependencies`; on Windows it wrote `\\` between the parts of
    a path, which no other system takes for a separator. HDF5 of blocks that hold other layers lists their
    weights in another order.

Remedy

    `loadstone fix FILE` moves the weights of an archive to where Keras 3 looks. For layers of your own, load
    the file where it was written and pass the arrays with `get_weights` and `set_weights`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_config import keras_file, target_for
from loadstone.checks.views.keras_told import severity_for
from loadstone.dialects.paths import moves
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "keras2-weights-layout-in-keras3",
    "error",
    help="loadstone fix FILE   moves the weights to where Keras 3 looks",
    repair="keras-dialect",
)

TEXTS = (
    Saying(
        r"_layer_checkpoint_dependencies",
        "the weights lie under the names of Keras 2.12 to 2.15",
        certainty="possible",
    ),
    Saying(
        r"(?i)(?:TF/)?Keras 2\.\d+[^\n]{0,120}(?:(?:do|does|did) not load|does nothing) in Keras 3"
        r"|different variable paths in the file",
        "the weights are laid as Keras 2 does it, by other paths than Keras 3's",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the weights of an archive that lie under paths which Keras 3 does not find."""
    found = subject.view(keras_file)
    if found is None or found.archive is None or subject.model is None or target_for(subject).family != "keras3":
        return
    moved = moves([spec.name for spec in subject.model.tensors.specs if spec.role == "weight"])
    if not moved:
        return
    old, new = next(iter(moved.items()))
    fact = f"{len(moved)} weights lie under paths that {target_for(subject).named} does not find, first {old}"
    severity = severity_for(subject, FAULT.severity)
    yield FAULT.finding(fact, Evidence(f"{subject.source}: model.weights.h5", old, new), severity=severity)
