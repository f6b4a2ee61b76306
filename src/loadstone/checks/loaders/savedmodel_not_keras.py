"""A SavedModel that Keras did not write has no `predict`, `summary` or `layers`.

What is seen

    `'_UserObject' object has no attribute 'predict'`, `'AutoTrackable' object has no attribute 'summary'`,
    `Unable to create a Keras model from SavedModel`.

Why

    `tf.saved_model.load` gives an object with functions (signatures), not a Keras model. Exporters such as the
    Object Detection API's, `tf.saved_model.save` and Estimators write no Keras metadata.

Remedy

    Call a signature.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.facts.tensor import Shape
from loadstone.formats.graph.meta_graph import main_signature

FAULT = Fault(
    "savedmodel-not-keras",
    "info",
    help='call a signature: tf.saved_model.load(FOLDER).signatures["serving_default"](…)',
)

TEXTS = (
    Saying(
        r"'(?P<kind>_UserObject|AutoTrackable|_WrapperFunction|ConcreteFunction"
        r"|_RestoredModel|_LoadedModel)' object has no attribute '(?P<attribute>\w+)'",
        "a SavedModel loaded by tf.saved_model.load has no {attribute}: it is no Keras model",
    ),
    Saying(
        r"'(?P<kind>_UserObject|AutoTrackable)' object is not callable",
        ("what tf.saved_model.load gave is no function: its signatures are"),
        certainty="likely",
        unless=(r"tensorflow_hub|hub\.",),
    ),
    Saying(
        r"Unable to create a Keras model from (?:this )?SavedModel"
        r"|lacks the Keras metadata file|(?:Cannot|Unable to) load.*SavedModel.*not.*Keras",
        "the SavedModel was not written by Keras",
    ),
    Saying(
        r"'WrappedFunction' object has no attribute '(?P<attribute>predict|summary|layers|fit|evaluate)'",
        "a signature of a SavedModel has no {attribute}: it is no Keras model",
    ),
    Saying(
        r"SavedModel saved prior to TF 2\.5 detected when loading Keras model|assets/saved_model\.json"
        r"|(?i:no keras[_ ]metadata|lacks keras metadata)",
        "the SavedModel has none of the files that Keras writes beside the graph",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield how to call a SavedModel without Keras metadata."""
    model = subject.model
    if model is None or "keras" in model.details or not model.signatures:
        return
    found = call_of(subject)
    yield FAULT.finding(
        ("the SavedModel was not written by Keras: it has signatures, and no predict or summary"),
        Evidence(subject.source, f"signatures {', '.join(dict.fromkeys(one.name for one in model.signatures))}"),
        help=found,
    )


def call_of(subject: Subject) -> str:
    """Return the line that calls the main signature, with its own input names and types."""
    signature = main_signature(subject.model.signatures) if subject.model else None
    if signature is None:
        return FAULT.help
    given = ", ".join(f"{spec.name}={spec.dtype}{_shape(spec.shape)}" for spec in signature.inputs[:4])
    return f'tf.saved_model.load("{subject.source}").signatures["{signature.name}"]({given})'


def _shape(shape: Shape | None) -> str:
    return "" if shape is None else str([None if side is None else side for side in shape]).replace("None", "?")
