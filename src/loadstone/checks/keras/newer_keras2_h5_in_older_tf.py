"""A file of a newer TensorFlow names what this older one does not know.

What is seen

    `Unknown layer: Functional`, `('Keyword argument not understood:', 'groups')`, `__init__() got an unexpected
    keyword argument 'ragged'`, `Unexpected keyword argument passed to optimizer: learning_rate`.

Why

    TensorFlow 2.3 renamed the class `Model` to `Functional`; `groups`, `keepdims`, `ragged` and others came
    with releases and are written with their defaults.

Remedy

    Upgrade TensorFlow to the version that wrote the file; or let `loadstone fix FILE` say it in the older
    words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_missing import LATER
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "newer-keras2-h5-in-older-tf",
    "error",
    help="upgrade TensorFlow to the version that wrote the file, or: loadstone fix FILE",
    repair="keras-dialect",
    reference="https://github.com/KichangKim/DeepDanbooru/issues/26",
)

TEXTS = (
    Saying(
        (
            r"\(?'?(?:Keyword argument not understood|Unrecognized keyword arguments):'?,? ?(?:dict_keys\(\[)?'?"
            r"(?P<key>groups|keepdims|ragged|synchronized|time_major"
            r"|dynamic|sparse|zero_output_for_mask|crop_to_aspect_ratio)\b"
        ),
        "the file says `{key}`, which this older Keras does not know",
    ),
    Saying(
        r"Unexpected keyword argument passed to optimizer: (?P<key>(?!jit_compile|is_legacy_optimizer|use_ema"
        r"|ema_)\w+)",
        (
            "the file gives its optimizer `{key}`, which this older Keras does not know; load_model(FILE, "
            "compile=False) does without"
        ),
        help="load_model(FILE, compile=False), or a newer Keras",
    ),
    Saying(
        r"__init__\(\) got an unexpected keyword argument '(?P<key>ragged|groups|keepdims|type_spec|synchronized)'",
        "the file says `{key}`, which this older Keras does not know",
        certainty="possible",
    ),
    Saying(
        rf"Unknown layer: ?'?(?P<name>{LATER})\b",
        "`{name}` is a layer of Keras' own, which came with a later release than the one here",
        certainty="likely",
        help="python -m pip install --upgrade tensorflow",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield an unknown `Functional`, unless it was said that the package keras stands alone."""
    found = re.search(r"Unknown layer: '?Functional\b", text.text)
    if found is None:
        return
    alone = re.search(r"(?i)stand-?alone|keras 3", text.words) is not None
    line = Evidence(f"line {text.line_of(found.start())} of the text", found.group())
    fact = "the file is of TensorFlow 2.3 or newer, which calls a model of layers `Functional`; this Keras is older"
    yield FAULT.finding(fact, line, certainty="possible" if alone else "likely")
