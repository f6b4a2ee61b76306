"""A class of the author's own does not take back the configuration that it wrote.

What is seen

    `<class 'X'> could not be deserialized properly`, with the cause after the last `Exception encountered:`;
    `__init__() got an unexpected keyword argument 'trainable'`; `Layer X has arguments in __init__ and
    therefore must override get_config`.

Why

    Keras rebuilds an object by its constructor from what `get_config` returned. A class whose constructor takes
    no `**kwargs`, or whose `get_config` leaves its arguments out, cannot be rebuilt.

Remedy

    Take `**kwargs` in `__init__` and pass them to `super().__init__`; return every argument from `get_config`.
    Where the file exists already, a `from_config` that drops the strangers reads it.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.views import keras_refused
from loadstone.facts.finding import Finding

FAULT = Fault(
    "custom-object-no-get-config",
    "error",
    help="take **kwargs in __init__ and pass them on; return every argument from get_config",
)

TEXTS = (
    Saying(
        r"[Ll]ayers? with arguments in `?__init__`? must override `?get_config",
        "a class of the author's own has arguments that it does not return from get_config",
    ),
    Saying(
        r"Layer (?P<name>\w+) was created by passing\s+non-serializable argument values in `?__init__|"
        r"Layer (?P<other>\w+) has arguments (?P<keys>\[[^\]\n]*\])\s*in `?__init__`? and\s+therefore must override",
        "the class {name}{other} does not return its constructor's arguments from get_config",
    ),
    Saying(
        r"__init__\(\) missing (?P<count>\d+) required (?:positional |keyword-only )?arguments?: (?P<names>[^\n]*)",
        "a class of the author's own wants {names}, which its get_config did not store",
        certainty="likely",
        needs=(r"from_config|deserialize|load_model|model_from_json",),
    ),
    Saying(
        (
            r"(?P<name>[\w.]+)\.__init__\(\) got an unexpected keyword argument '(?P<key>name|trainable|dtype"
            r"|autocast|batch_input_shape)'|__init__\(\) got an unexpected keyword argument '(?P<other>name"
            r"|trainable|dtype)'"
        ),
        (
            "a class of the author's own takes no **kwargs, so that `name`, `trainable` or `dtype` of its "
            "configuration is refused"
        ),
    ),
    Saying(
        r"(?:Layer|Object) (?P<name>\w+) (?:has|was created with) arguments[\s\S]{0,120}must override `?get_config",
        "the class {name} does not return its constructor's arguments from get_config",
    ),
    Saying(
        r"Unable to reconstruct an instance of '(?P<name>\w+)' because the class is missing a `from_config\(\)` method",
        "the class {name} has no from_config",
    ),
    Saying(
        r"Object (?P<name>\w+) was created by passing\s+non-serializable argument",
        "the class {name} was made with an argument that its configuration does not hold",
    ),
    Saying(
        r"(?P<name>\w+)\.__init__ takes no name",
        "the constructor of {name} takes no `name`: it needs **kwargs",
        certainty="possible",
    ),
    Saying(
        r"(?:<class ')?(?P<name>[\w.]+)'?>? could not be deserialized properly",
        "an object inside {name} could not be made again; the cause stands after the last `Exception encountered:`",
        certainty="possible",
        echo=True,
    ),
    Saying(
        r"Unable to revive model from config\. When overriding the `?get_config",
        "a class of the author's own does not return its constructor's arguments from get_config",
        certainty="likely",
    ),
)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield the refusals of classes that are not Keras' own."""
    yield from keras_refused.told(FAULT, text, "custom")
