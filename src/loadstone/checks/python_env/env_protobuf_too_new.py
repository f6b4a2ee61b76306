"""The installed protobuf is newer than what the generated code of TensorFlow (or of the Object Detection API) is for.

What is seen

    `TypeError: Descriptors cannot be created directly` (in releases up to 5: `cannot not be`), or
    `'MessageFactory' object has no attribute 'GetPrototype'`, already at `import tensorflow`.

Why

    protobuf 4 refuses code that protoc older than 3.19 generated, and 5 and 6 dropped functions that older code calls.
    TensorFlow up to 2.8 states no upper bound, so that a fresh install takes the newest protobuf.

Remedy

    Install the protobuf that the TensorFlow was made with. `PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python` gets round
    it too, at a twentieth of the speed.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.python_env._rules import broken_rule, install
from loadstone.checks.subject import Subject
from loadstone.environment.versions import order
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Finding

FAULT = Fault(
    "env-protobuf-too-new",
    "error",
    help='install the protobuf that the generated code is for: python -m pip install "protobuf<3.21"',
    reference="https://protobuf.dev/news/2022-05-06/#python-updates",
)

TEXTS = (
    Saying(
        r"Descriptors cannot (?:not )?be created directly",
        "protobuf 4 or newer is installed, and the generated code was made by protoc older than 3.19",
    ),
    Saying(
        r"(?:MessageFactory|SymbolDatabase)'? object has no attribute '(?P<name>Get\w+|CreatePrototype)'",
        "the installed protobuf has no {name} any more, which the code beside it calls",
        help='install an older protobuf: python -m pip install "protobuf<5"',
    ),
    Saying(
        r"'FieldDescriptor' object has no attribute 'label'|module 'google\.protobuf[\w.]*' has no attribute 'service"
        r"\w*'"
        r"|No module named '?google\.protobuf\.(?:service|service_reflection|pyext)",
        "the installed protobuf has dropped what the code beside it uses",
        help='install an older protobuf: python -m pip install "protobuf<6"',
        certainty="likely",
    ),
    Saying(
        r"protoc >= 3\.19\.0",
        "the generated code is of a protoc older than 3.19, which the installed protobuf refuses",
        certainty="likely",
    ),
    Saying(
        r"unexpected keyword argument 'including_default_value_fields'"
        r"|FieldDescriptor'? (?:object )?has no attribute 'label'|has no attribute 'GetPrototype'",
        "the installed protobuf has dropped what the code beside it uses",
        certainty="likely",
        help='install an older protobuf: python -m pip install "protobuf<5"',
    ),
)

OLD_GENERATED_CODE = ("2.9.1", "<3.21")
"""Releases before 2.9.1 state no upper bound; their generated code is of protoc before 3.19."""


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the target environment's protobuf is too new for its TensorFlow."""
    if subject.top:
        yield from from_environment(subject.environment)


def from_environment(environment: Environment) -> Iterator[Finding]:
    """Yield a finding where protobuf breaks an upper bound, unless the pure-Python implementation is switched on."""
    tensorflow = environment.packages.get("tensorflow", "")
    before, bound = OLD_GENERATED_CODE
    broken = broken_rule(environment, "protobuf", bound if tensorflow and order(tensorflow) < order(before) else "")
    if broken is None or environment.variables.get("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION") == "python":
        return
    if _is_above(broken.found, broken.rule):
        fact = f"protobuf {broken.found} is newer than what TensorFlow {broken.tensorflow} is made for"
        yield FAULT.finding(fact, broken.evidence(environment), help=f"install: {install('protobuf' + broken.rule)}")


def _is_above(version: str, rule: str) -> bool:
    """Whether it is an upper bound of the rule that is broken, and not a lower one."""
    uppers = [part.strip().lstrip("<=") for part in rule.split(",") if part.strip().startswith("<")]
    return any(order(version) >= order(upper) for upper in uppers)
