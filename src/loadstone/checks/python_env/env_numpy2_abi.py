"""A compiled module was built for NumPy 1, and NumPy 2 is installed (or the other way round).

What is seen

    `A module that was compiled using NumPy 1.x cannot be run in NumPy 2`, `AttributeError: _ARRAY_API not found`,
    `numpy.core.multiarray failed to import`, or `module compiled against ABI version 0x1000009`.

Why

    NumPy 2.0 changed its binary interface. TensorFlow takes NumPy 2 since 2.18; older wheels are built for 1.x. Where
    it is another package that is named (h5py, pandas, OpenCV), that package is the old one.

Remedy

    Install NumPy 1.26, or a TensorFlow of 2.18 or newer.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.python_env._rules import broken_rule
from loadstone.checks.subject import Subject
from loadstone.environment.versions import order
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Finding

FAULT = Fault(
    "env-numpy2-abi",
    "error",
    help='install NumPy 1: python -m pip install "numpy<2"',
    reference="https://numpy.org/doc/stable/numpy_2_0_migration_guide.html",
)

_OTHERS = r"pycocotools"
"""Packages with a fault of their own for this."""

TEXTS = (
    Saying(
        r"compiled using NumPy 1\.x cannot be run in\s+NumPy",
        "a module that was compiled for NumPy 1 meets NumPy 2",
    ),
    Saying(r"_ARRAY_API not found", "a module that was compiled for NumPy 1 meets NumPy 2"),
    Saying(
        r"compiled against A[BP]I version (?P<built>0x[0-9a-f]+) but this version of numpy is (?P<here>0x[0-9a-f]+)",
        "a module was compiled for NumPy's binary interface {built}, and the installed NumPy has {here}",
        unless=(r"pycocotools|_mask\.pyx",),
        help="install the NumPy that the module was built for, or reinstall the module: "
        "python -m pip install --force-reinstall --no-cache-dir PACKAGE",
    ),
    Saying(
        r"numpy\.(?:dtype|ufunc|ndarray) size changed, may indicate binary incompatibility",
        "a compiled module and the installed NumPy were made for different binary interfaces",
        unless=(_OTHERS,),
        help="reinstall the module that the traceback names, and NumPy 1 beside an old TensorFlow: "
        'python -m pip install --force-reinstall "numpy<2"',
    ),
    Saying(
        r"numpy\.(?:_?core)\.(?:multiarray|umath|_multiarray_umath) failed to import",
        "a compiled module does not find the binary interface of NumPy that it was built for",
        certainty="likely",
    ),
    Saying(
        r"Unable to convert function return value to a Python type! The signature was\s+\(\) -> handle",
        "TensorFlow's compiled part and the installed NumPy were made for different binary interfaces",
        certainty="likely",
    ),
    Saying(
        r"`np\.(?P<name>\w+)` was removed in the NumPy 2\.0 release",
        "NumPy 2 has no np.{name}, which older code uses",
    ),
)

FIRST_TENSORFLOW = "2.18"
"""The first TensorFlow whose wheels are built for NumPy 2 (`numpy<2.1,>=1.26`)."""


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the target environment has NumPy 2 beside a TensorFlow built for NumPy 1."""
    if subject.top:
        yield from from_environment(subject.environment)


def from_environment(environment: Environment) -> Iterator[Finding]:
    """Yield a finding for NumPy 2 beside TensorFlow before 2.18, stated in its requirements or not."""
    tensorflow = environment.packages.get("tensorflow", "")
    if not tensorflow or order(tensorflow) >= order(FIRST_TENSORFLOW):
        return
    broken = broken_rule(environment, "numpy", "<2")
    if broken is not None and order(broken.found) >= order("2"):
        fact = f"TensorFlow {tensorflow} is built for NumPy 1, and NumPy {broken.found} is installed"
        yield FAULT.finding(fact, broken.evidence(environment))
