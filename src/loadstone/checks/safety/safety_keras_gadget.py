"""A Keras file names a function of Keras itself that is no layer, operation, loss or metric.

What is seen

    An object of `class_name` `function`, or of a lower-case name, under a `keras.` module:
    `keras.utils.get_file`, `keras.saving.load_model`, `keras.config.set_floatx`, …

Why

    Keras resolves the name in its own packages and calls it with the arguments of the file: it then fetches,
    writes or changes the state of the program that loads. Keras answers with a list of names that it denies; what
    is not on the list goes on.

Remedy

    Do not load it; rebuild the model in code and read its weights alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.hazards import of_kind, places
from loadstone.facts.finding import Finding
from loadstone.formats.keras.keras_hazards import Hazard

FAULT = Fault(
    "safety-keras-gadget",
    "error",
    help="do not load it; its weights alone: loadstone inspect FILE --save-weights OUT.safetensors",
    reference="CVE-2025-8747, CVE-2025-9906",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield one finding with every place."""
    found = [hazard for hazard in of_kind(subject, "keras-function", "unknown-class") if _is_gadget(hazard)]
    if found:
        yield FAULT.finding(
            (
                f"loading it would resolve and may call "
                f"{', '.join(list(dict.fromkeys(hazard.name for hazard in found))[:4])}"
            ),
            *places(subject, found),
        )


_HARMLESS = ("keras.ops.", "keras.src.ops.", "keras.activations.", "keras.src.activations.", "keras.losses.",
             "keras.src.losses.", "keras.metrics.", "keras.src.metrics.", "keras.initializers.",
             "keras.src.initializers.", "keras.regularizers.", "keras.src.regularizers.", "keras.src.backend.",
             "keras.random.", "keras.src.random.")  # fmt: skip
"""Modules of functions that compute and do nothing else."""


def _is_gadget(hazard: Hazard) -> bool:
    """Return whether a name under Keras is a function that is no operation; a class begins with a capital letter."""
    root, last = hazard.name.partition(".")[0], hazard.name.rpartition(".")[2]
    if root not in ("keras", "tf_keras", "tensorflow") or last[:1].isupper() or last.startswith("__"):
        return False
    return not hazard.name.startswith(_HARMLESS) and not hazard.name.startswith("tensorflow.")
