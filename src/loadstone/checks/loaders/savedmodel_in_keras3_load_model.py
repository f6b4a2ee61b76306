"""A SavedModel is given to `load_model` of Keras 3, which reads none.

What is seen

    `File format not supported: filepath=… Keras 3 only supports V3 .keras files and legacy H5 format files … In
    order to reload a TensorFlow SavedModel as an inference-only layer in Keras 3, use keras.layers.TFSMLayer`.

Why

    Keras 3 dropped the format as something to load as a model. It can call one endpoint of it as a layer; its
    weights and layers as such are read by Keras 2 (`tf_keras`) only.

Remedy

    `keras.layers.TFSMLayer(FOLDER, call_endpoint=…)` with an endpoint that the file has, or
    `TF_USE_LEGACY_KERAS=1` with `tf_keras` installed.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.graph.meta_graph import main_signature

FAULT = Fault(
    "savedmodel-in-keras3-load-model",
    "warning",
    help='keras.layers.TFSMLayer(FOLDER, call_endpoint="serving_default"), or TF_USE_LEGACY_KERAS=1 with tf_keras',
)

TEXTS = (
    Saying(
        r"File format not supported: ?\s*filepath=(?P<path>[^\n]*?)\. ?\s*Keras 3 only supports"
        r"[\s\S]{0,2000}?(?:SavedModel"
        r"|TFSMLayer)",
        "{path} is most likely a SavedModel, which load_model of Keras 3 does not read",
        certainty="likely",
        unless=(
            (
                r"filepath=[^\n]*?\.(?:h5|hdf5|keras|pb|tflite|pt|pth|onnx"
                r"|zip|tar|gz|model|weights|ckpt|pkl|json)\. ?\s*Keras 3"
            ),
            r"filepath=(?:[.~/\\ ]*|[A-Za-z]:\\Users\\[^\\.\n]+|/(?:home|Users)/[^/.\n]+)\. ?\s*Keras 3",
        ),
    ),
    Saying(
        (
            r"TFSMLayer[\s\S]{0,2000}?(?:call_endpoint|endpoint)[^\n]*(?:not found|does not exist"
            r"|is not a)|The endpoint '(?P<endpoint>[^']*)' is neither an attribute"
        ),
        "the SavedModel has no endpoint {endpoint}",
        certainty="likely",
    ),
    Saying(
        r"legacy SavedModel format is not supported by `?load_model\(\)`? in Keras 3"
        r"|(?i:keras 3\b[^\n]{0,60}SavedModel[^\n]{0,80}TFSMLayer)",
        "the model is a SavedModel, which load_model of Keras 3 does not read",
        certainty="likely",
        unless=(r"filepath=",),
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the layer that calls a Keras SavedModel, with its real endpoint; a warning where Keras 3 is here."""
    model = subject.model
    if model is None or "keras" not in model.details:
        return
    keras = subject.environment.version("keras")
    switch = subject.environment.variables.get("TF_USE_LEGACY_KERAS", "").lower() in ("1", "true")
    legacy = switch and subject.environment.version("tf-keras")
    bites = keras is not None and keras[0] >= 3 and not legacy
    signature = main_signature(model.signatures)
    endpoint = signature.name if signature is not None else "serve"
    layer = f'keras.layers.TFSMLayer("{subject.source}", call_endpoint="{endpoint}")'
    have = f"Keras {subject.environment.packages['keras']} is in {subject.environment.name}" if keras else "any Keras 3"
    fact = f"Keras wrote this SavedModel, and load_model of Keras 3 reads none{f' ({have})' if bites else ''}"
    written = model.producer.get("keras") or model.producer.get("tensorflow", "2")
    place = Evidence(subject.source, f"a SavedModel of Keras {written}", ".keras or .h5 for Keras 3, or tf_keras")
    yield FAULT.finding(fact, place, help=layer, severity="warning" if bites else "info")
