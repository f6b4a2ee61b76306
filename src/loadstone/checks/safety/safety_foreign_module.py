"""A Keras file names a class or function of a module that is not Keras's, which loading would import.

What is seen

    An object in the configuration with a `module` such as `os`, and a `class_name` or function name in it.

Why

    Keras before 3.9 imports the module that the file names and calls what it finds there with the arguments of
    the file. A class of the author's own stands there in the same way, so that modules of Python itself are told
    as an attack and others as what they are.

Remedy

    Do not load it with Keras before 3.9; pass the classes that are wanted through `custom_objects`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.hazards import of_kind, places
from loadstone.facts.finding import Finding
from loadstone.formats.keras.keras_hazards import Hazard

FAULT = Fault(
    "safety-foreign-module",
    "error",
    help="do not load it with Keras before 3.9; pass the classes that are wanted by custom_objects",
    reference="CVE-2025-1550",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield one finding with every place."""
    found = [hazard for hazard in of_kind(subject, "foreign-class", "foreign-function") if _is_dangerous(hazard)]
    if found:
        yield FAULT.finding(_fact(found), *places(subject, found))


_PACKAGES = frozenset(
    ("numpy", "torch", "tensorflow", "joblib", "dill", "cloudpickle", "pandas", "requests", "IPython")
)
"""Packages beside Python's own whose functions open, fetch or run things, and that are usually installed."""


def _is_dangerous(hazard: Hazard) -> bool:
    """Return whether a module is Python's own, or one that lies on most machines: no author defines layers there."""
    root, _, rest = hazard.name.partition(".")
    if root in sys.stdlib_module_names and root != "__main__":
        return True
    return root in _PACKAGES and hazard.kind == "foreign-function" and not rest.startswith(("nn.", "keras.", "math."))


def _fact(found: list[Hazard]) -> str:
    names = list(dict.fromkeys(hazard.name for hazard in found))
    shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
    return f"loading it with Keras before 3.9 would import and may call {shown}"
