"""h5py 3 gives text where an old Keras expects bytes and decodes them.

What is seen

    `AttributeError: 'str' object has no attribute 'decode'` in hdf5_format.py, saving.py or topology.py, while a model
    or its weights are read from HDF5.

Why

    Since h5py 3.0 an attribute of variable-length text is a `str`; before it was `bytes`. Keras up to 2.3 and
    TensorFlow up to 2.4 call `.decode('utf8')` on it. The file is sound.

Remedy

    Install h5py 2.10, or TensorFlow 2.5 or newer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.environment.versions import order
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "env-h5py3-with-old-keras",
    "error",
    help='install h5py 2: python -m pip install "h5py<3"',
    reference="https://docs.h5py.org/en/stable/whatsnew/3.0.html",
)

TEXTS = (
    Saying(
        r"'str' object has no attribute 'decode'",
        "h5py 3 gives text where this Keras expects bytes",
        needs=(
            (
                r"hdf5_format|keras_version|model_config|training_config|layer_names|weight_names|\.attrs\[|load_weights"
                r"|load_model|keras[./\\]engine[./\\](?:saving|topology|network)|\.h5\b|\.hdf5\b|h5py"
            ),
        ),
    ),
)

FIRST_TENSORFLOW = "2.5"
"""The first TensorFlow whose reader takes both (its wheel requires h5py ~= 3.1)."""
FIRST_KERAS = "2.4"
"""The first Keras of its own whose reader is TensorFlow's."""


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield a finding for the bare message where the versions that the text states make it likely."""
    found = re.search(r"'str' object has no attribute 'decode'", text.text)
    known = text.environment
    old = (known.version("tensorflow") or (9,)) < (2, 5) or (known.version("keras") or (9,)) < (2, 4)
    if found is not None and (old or (known.version("h5py") or (0,)) >= (3,)):
        line = text.line_of(found.start())
        yield FAULT.finding(
            "h5py 3 gives text where this Keras expects bytes",
            Evidence(f"line {line} of the text", text.lines[line - 1].strip()[:300]),
            certainty="likely",
        )


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the file is HDF5 and the target environment's h5py is too new for its Keras."""
    if subject.top:
        yield from from_environment(subject.environment)


def from_environment(environment: Environment) -> Iterator[Finding]:
    """Yield a finding for h5py 3 beside TensorFlow before 2.5 or Keras before 2.4."""
    h5py = environment.packages.get("h5py", "")
    if not h5py or order(h5py) < order("3"):
        return
    for package, first in (("tensorflow", FIRST_TENSORFLOW), ("keras", FIRST_KERAS)):
        version = environment.packages.get(package, "")
        if version and order(version) < order(first):
            yield FAULT.finding(
                f"h5py {h5py} gives text where {package} {version} expects bytes",
                Evidence(environment.name, f"h5py {h5py}", f"h5py<3, for {package} {version}"),
            )
            return
