"""The installed NumPy 1 is newer than the old TensorFlow (or the old code) beside it.

What is seen

    `module 'numpy' has no attribute 'object'` (or `bool`, `int`, `float`, `typeDict`), or
    `Cannot convert a symbolic Tensor (...) to a numpy array` inside a recurrent layer or the Object Detection API.

Why

    NumPy 1.20 changed how an array is made of objects, and 1.24 took away names like `np.object`. TensorFlow up to
    2.11 uses one or the other; not all of its releases state the bound.

Remedy

    Install the NumPy of that time: below 1.20 for TensorFlow up to 2.4, below 1.24 for up to 2.11.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.python_env._rules import broken_rule, install
from loadstone.checks.subject import Subject
from loadstone.environment.versions import order
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Finding, Severity

FAULT = Fault(
    "env-numpy-too-new",
    "error",
    help='install an older NumPy: python -m pip install "numpy<1.24"',
    reference="https://numpy.org/doc/stable/release/1.24.0-notes.html#expired-deprecations",
)

TEXTS = (
    Saying(
        r"[Mm]odule '?numpy'? has no attribute '(?P<name>object|bool|int|float|complex|str|long|unicode|typeDict)'",
        "NumPy 1.24 has no np.{name}, which older code uses",
        unless=(r"pycocotools",),
    ),
    Saying(
        r"[Cc]annot convert a symbolic (?:tf\.)?Tensor \([^\n]*\) to a numpy array",
        "NumPy 1.20 or newer asks TensorFlow before 2.4 for the values of a tensor that has none yet",
        help='install NumPy 1.19: python -m pip install "numpy<1.20"',
        certainty="likely",
    ),
)

UNSTATED = (("1.13", "2.4", "<1.20"), ("2.4", "2.9", "<1.24"))
"""(from, before, rule): what happens without it is in `What is seen`."""


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the target environment's NumPy is too new for its TensorFlow."""
    if subject.top:
        yield from from_environment(subject.environment)


def from_environment(environment: Environment) -> Iterator[Finding]:
    """Yield a finding where NumPy 1 breaks an upper bound; NumPy 2 is a fault of its own."""
    tensorflow = environment.packages.get("tensorflow", "")
    unstated = [rule for first, end, rule in UNSTATED if tensorflow and order(first) <= order(tensorflow) < order(end)]
    broken = broken_rule(environment, "numpy", *unstated[:1])
    if broken is None or order(broken.found) >= order("2"):
        return
    uppers = [part.lstrip("<=") for part in broken.rule.split(",") if part.startswith("<")]
    if any(order(broken.found) >= order(upper) for upper in uppers):
        fact = f"NumPy {broken.found} is newer than what TensorFlow {broken.tensorflow} works with"
        # A wheel's own stated bound is often set with room to spare: it warns, and what is known to break is an error.
        severity: Severity = "error" if broken.rule in unstated else "warning"
        yield FAULT.finding(
            fact, broken.evidence(environment), help=f"install: {install('numpy' + broken.rule)}", severity=severity
        )
