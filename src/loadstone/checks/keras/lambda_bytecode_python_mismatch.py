"""A Lambda layer holds the instructions of another Python.

What is seen

    `bad marshal data (unknown type code)`, `unknown opcode`, `code() takes at most 15 arguments`, or a crash of
    the interpreter.

Why

    Keras stores a Lambda's function as Python's own compiled instructions, which every Python renumbers. Only
    the Python that wrote them reads them; running others may do anything.

Remedy

    Build the network from its source and load the weights; or use the Python that is named. Code that is plain
    arithmetic `loadstone fix FILE` turns into stock layers, without running it.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_config import in_targets_words, keras_file
from loadstone.dialects.lambdas import python_of_lambda
from loadstone.dialects.tree import layers_in, name_of
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.keras.keras_layers import is_object

FAULT = Fault(
    "lambda-bytecode-python-mismatch",
    "warning",
    help="build the network from its source and load the weights; or use the Python that wrote it",
)

TEXTS = (
    Saying(
        r"bad marshal data(?: \((?P<detail>[^)\n]*)\))?",
        "a Lambda layer holds the compiled instructions of another Python, which this one cannot read",
    ),
    Saying(
        (
            r"marshal data too short|^X{3} lineno: \d+, opcode: \d+|SystemError: unknown opcode"
            r"|SystemError: error return without exception set"
        ),
        "a Lambda layer's compiled instructions are another Python's",
        needs=(r"(?i)keras|lambda|func_load",),
        certainty="likely",
    ),
    Saying(
        r"marshal data too short|^X{3} lineno: \d+, opcode: \d+|SystemError: unknown opcode",
        "compiled instructions are another Python's: in a model, those of a Lambda layer",
        certainty="possible",
    ),
    Saying(
        r"code\(\) (?:takes (?:at most|at least) \d+ arguments|argument \d+ must be)[^\n]*",
        "a Lambda layer's compiled instructions are another Python's",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the Lambdas whose code is of another Python than the one that is to load them, which stays code."""
    found, made = subject.view(keras_file), subject.view(in_targets_words)
    if found is None or made is None or not is_object(made.config):
        return
    here = ".".join(subject.environment.python.split(".")[:2])
    foreign = []
    for layer, _ in layers_in(dict(made.config)):
        written = python_of_lambda(layer) if layer["class_name"] == "Lambda" else ""
        if written and not _includes(written, here):
            foreign.append((name_of(layer), written))
    if foreign:
        name, written = foreign[0]
        more = f" (and {len(foreign) - 1} more)" if len(foreign) > 1 else ""
        fact = f"Lambda {name}{more} holds instructions of Python {written}"
        against = f"Python {here}" if here else "the Python that loads it"
        evidence = Evidence(f"{subject.source}: {found.place}: {name}", f"Python {written}", against)
        yield FAULT.finding(fact, evidence, severity=None if here else "info")


def _includes(written: str, here: str) -> bool:
    """Return whether a Python is among those that a layout stands for: `3.8 to 3.10`, `3.11 or newer`."""
    if not here:
        return False
    minors = [int(part.partition(".")[2]) for part in written.split() if part[:2] in ("2.", "3.")]
    major, _, minor = here.partition(".")
    if not minors or not minor.isdigit() or not written.startswith(f"{major}."):
        return False
    if written.endswith("newer"):
        return int(minor) >= minors[0]
    return minors[0] <= int(minor) <= minors[-1]
