"""A TF Hub module of the first format is used as one of the second.

What is seen

    `hub.Module` is gone or refuses (`Exporting/importing meta graphs is not supported when eager execution is
    enabled`); `Importing a SavedModel with tf.saved_model.load requires a 'tags=' argument if there is more than
    one MetaGraph`; `'AutoTrackable' object is not callable`.

Why

    Modules with a `tfhub_module.pb` are graphs with signatures, for `hub.Module` of TensorFlow 1. In TensorFlow 2
    `hub.load` gives their signatures, and they cannot be trained.

Remedy

    `hub.load(FOLDER, tags=[])` and call `.signatures["default"]`, or take the second format of the module.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "tfhub-tf1-in-tf2-api",
    "info",
    help='hub.load(FOLDER, tags=[]).signatures["default"](…), or take the second format of the module',
)

TEXTS = (
    Saying(
        r"Exporting/importing meta graphs is not supported when eager execution is enabled",
        "hub.Module needs graphs of TensorFlow 1, and this is TensorFlow 2",
        needs=(r"hub",),
    ),
    Saying(
        (
            r"module 'tensorflow_hub' has no attribute 'Module'"
            r"|hub\.Module is not (?:supported|available)"
        ),
        "hub.Module is gone from this tensorflow_hub: it loaded modules of the first format",
    ),
    Saying(
        r"Non-callable result from hub\.load\(['\"](?P<module>[^'\"]*)",
        "{module} is of the first format: it has signatures, and is no function",
        certainty="likely",
    ),
    Saying(
        r"requires a 'tags=' argument if there is more than one MetaGraph",
        ("the module is of the first format, with several graphs: name its tags"),
        certainty="likely",
        unless=(r"there are 0 MetaGraphs",),
    ),
    Saying(
        (
            r"'(?:AutoTrackable|_UserObject)' object is not callable"
            r"|Signature name has to be specified for non-callable saved models"
        ),
        "the module is of the first format: it has signatures, and is no function",
        certainty="likely",
        needs=(r"hub",),
    ),
    Saying(
        r"Setting hub\.KerasLayer\.trainable = True is unsupported when loading from the (?:TF1 )?Hub format",
        "the module is of the first format, which cannot be trained in TensorFlow 2",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield how TensorFlow 2 calls a module of the first format."""
    model = subject.model
    if model is None or not model.signatures:
        return
    names = list(dict.fromkeys(signature.name for signature in model.signatures))
    tags = sorted({signature.tags for signature in model.signatures}, key=len)[0]
    call = f'hub.load("{subject.source}", tags={list(tags)!r}).signatures["{names[0]}"](…)'
    yield FAULT.finding(
        ("a TF Hub module of the first format: hub.Module of TensorFlow 1 loads it, hub.KerasLayer does not train it"),
        Evidence(f"{subject.source}: tfhub_module.pb", f"signatures {', '.join(names)}"),
        help=call,
    )
