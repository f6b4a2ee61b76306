"""A signature is called with other inputs than it has.

What is seen

    `KeyError: 'serving_default'`, `signature_wrapper(*, input_tensor) missing required arguments`, `Got an
    unexpected keyword argument`, `input tensor alias not found in signature`.

Why

    A signature takes its inputs by name, with the dtype and shape that it was exported with: the Object Detection
    API's is `input_tensor`, uint8, of batch 1.

Remedy

    Call it with the names and types that the file has; `loadstone inspect FOLDER` lists them.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "savedmodel-signature-mismatch",
    "error",
    help="call it with the names and types that it has: loadstone inspect FOLDER lists them",
)

TEXTS = (
    Saying(
        (
            r"KeyError: '(?P<key>serving_default"
            r"|default|predict)'"
        ),
        "the SavedModel has no signature {key}",
        needs=(r"signatures?|saved_model",),
    ),
    Saying(
        r"signature_wrapper\(\*?,? ?(?P<names>[^)]*)\) (?P<what>missing required arguments[^\n]*"
        r"|got [^\n]*|takes [^\n]*)",
        "the signature takes ({names}), and was called otherwise: {what}",
    ),
    Saying(
        r"(?:input|output) tensor alias not found in signature: ?(?P<name>[^.\n]*)\. (?P<known>[^\n]*)",
        "the signature has no {name}: {known}",
    ),
    Saying(
        r"(?i:serving) signature (?:key|name):? ?[\\\"]*(?P<key>[^\"\n\\]*)[\\\"]* not found",
        "the SavedModel has no signature {key}",
    ),
    Saying(
        r"Unknown signature (?P<key>\S+) in (?P<path>[^\n(]*) \(available signatures: (?P<known>[^\n]*)",
        "{path} has no signature {key}: it has {known}",
        help="name one that it has: hub.KerasLayer(path, signature=NAME)",
    ),
    Saying(
        r"Could not find matching (?:concrete )?function to call loaded from the SavedModel",
        "the SavedModel's function was called with other arguments than it was traced with",
    ),
    Saying(
        r"get_concrete_function\((?P<name>\w+)=(?P<spec>tf\.TensorSpec[^\n]*)",
        "the signature is asked for an input {name}, which it may not have under that name and type",
        certainty="likely",
    ),
    Saying(
        (
            r"(?:SignatureDef|signature_def)(?: with key)? '?(?P<key>\w+)'? (?:could not be found|not found)"
            r"|signature '?(?P<other>\w+)'? (?:key )?not found in signature_def_map"
            r"|'(?P<third>\w+)' key not found in signature_def_map"
        ),
        "the SavedModel has no signature {key}{other}{third}",
    ),
    Saying(
        r"^\s*KeyError: '(?P<key>serving_default)'\s*\Z",
        "the SavedModel has no signature {key}",
        certainty="likely",
    ),
    Saying(
        r"Binding inputs to tf\.function failed due to [`'](?P<why>[^\n`]*)",
        "the SavedModel's function was called otherwise than it was traced: {why}",
        certainty="likely",
    ),
    Saying(
        r"cannot compute __inference_\w*signature_wrapper\w* as input #(?P<number>\d+)\S* was expected to be an? "
        r"(?P<wanted>\w+) tensor but is an? (?P<given>\w+)",
        "input {number} of the signature takes {wanted}, and was given {given}",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield that there is no signature at all, or none of the usual name."""
    model = subject.model
    graphs = model.details.get("metagraphs", []) if model else []
    if model is None or not graphs:
        return
    names = list(
        dict.fromkeys(
            signature.name for signature in model.signatures if not signature.name.startswith("__saved_model")
        )
    )
    if "serving_default" in names:
        return
    fact = (
        f"there is no signature serving_default, but {', '.join(names[:5])}"
        if names
        else ("there is no signature: only the functions' own names lead into the graph")
    )
    yield FAULT.finding(
        fact,
        Evidence((f"{subject.source}: signature_def"), ", ".join(names) or "none", "serving_default"),
        severity="info",
        mended=not names,
    )
