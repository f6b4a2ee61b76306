"""A Lambda layer holds code, which Keras 3 does not load unasked.

What is seen

    `Requested the deserialization of a Lambda layer with a Python lambda inside it. This carries a potential
    risk of arbitrary code execution …`.

Why

    A Lambda's function stands in the file as compiled Python. Loading it means running what the file's author
    wrote.

Remedy

    Where the code is plain arithmetic `loadstone fix FILE` puts stock layers in its place, without running it.
    Otherwise build the model from its source; `safe_mode=False` only for a file whose author you trust.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "lambda-safe-mode",
    "error",
    help="build the model from its source; safe_mode=False only for an author you trust",
    repair="keras-dialect",
)

TEXTS = (
    Saying(
        r"Requested the deserialization of a (?:`?[Ll]ambda`? (?:layer|object|function)|Python lambda)",
        "the model holds a Lambda layer, code that Keras does not load unasked",
    ),
    Saying(
        (
            r"(?:The `?Lambda`? layer is disallowed|Loading a `?Lambda`?"
            r"|Exception encountered: Requested the deserialization)"
        ),
        "the model holds a Lambda layer, code that Keras does not load unasked",
        certainty="likely",
    ),
    Saying(
        r"of this `?Lambda`? layer is a Python lambda|enable_unsafe_deserialization",
        "the model holds a Lambda layer, code that Keras does not load unasked",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)
