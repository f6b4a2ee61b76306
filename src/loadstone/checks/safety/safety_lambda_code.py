"""A Keras file holds Python code that loading or calling it would run.

What is seen

    A `Lambda` layer, or a `__lambda__` at any depth of the configuration (an activation, a loss, an initializer,
    a nested model, `compile_config`), with marshalled bytecode in base64.

Why

    Keras writes a lambda as its bytecode. A loader that trusts the file unmarshals and calls it, with all rights
    of the user; `safe_mode` does not cover HDF5 before Keras 3.11.3, nor `tf_keras`.

Remedy

    Do not load it with `safe_mode=False`, `tf_keras` or Keras 2 unless its author is trusted. The weights can be
    read without the code: `loadstone inspect FILE --save-weights OUT.safetensors`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.hazards import of_kind, places
from loadstone.facts.finding import Finding

FAULT = Fault(
    "safety-lambda-code",
    "warning",
    help=(
        "load it only if its author is trusted; the weights alone: "
        "loadstone inspect FILE --save-weights OUT.safetensors"
    ),
    reference="CVE-2024-3660, CVE-2025-9905",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield one finding with every place."""
    found = of_kind(subject, "lambda-code")
    if found:
        yield FAULT.finding(
            (
                f"it holds Python code in {len(found):,} place{'s' if len(found) > 1 else ''}, "
                f"which loading or calling the model would run"
            ),
            *places(subject, found),
        )
