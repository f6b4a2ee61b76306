"""What a Keras file needs of the author's own code."""

from __future__ import annotations

from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_config import keras_file
from loadstone.dialects.custom import Missing, missing_objects
from loadstone.dialects.paths import layer_paths
from loadstone.dialects.skeleton import skeleton

LATER = (
    r"(?:Random(?:Flip|Rotation|Zoom|Contrast|Translation|Crop|Height|Width|Brightness)|Rescaling|Resizing|CenterCrop"
    r"|Normalization|StringLookup|IntegerLookup|TextVectorization|CategoryEncoding|Discretization|Hashing"
    r"|HashedCrossing"
    r"|EinsumDense|UnitNormalization)"
)
"""Layers of Keras' own that came with TensorFlow 2.1 to 2.12, by names that authors do not give to theirs: an older
release does not know them. `MultiHeadAttention` and `LayerNormalization` are left out, which many packages define."""


def missing(subject: Subject) -> tuple[Missing, ...]:
    """Return the classes and functions that a subject's configuration needs; none where it has no configuration."""
    found = subject.view(keras_file)
    return missing_objects(found.config) if found is not None and found.config is not None else ()


def skeleton_of(subject: Subject) -> str:
    """Return a module to fill in with what the subject needs; empty where it needs nothing."""
    wanted = subject.view(missing)
    return skeleton(subject.source, wanted, weights_of(subject, wanted)) if wanted else ""


def weights_of(subject: Subject, wanted: tuple[Missing, ...]) -> dict[str, list[str]]:
    """Return layer → its weights in the file, each as its name and shape."""
    found = subject.view(keras_file)
    if found is None or subject.model is None:
        return {}
    places = layer_paths(found.config) if found.container == "archive" else {}
    told: dict[str, list[str]] = {}
    for layer in {name for one in wanted for name in one.used if name}:
        prefixes = (f"{places.get(layer, layer)}/", f"model_weights/{layer}/")
        told[layer] = [
            f"{spec.name.rpartition('/')[2]} {list(spec.shape)}"
            for spec in subject.model.tensors.specs
            if spec.name.replace("\\", "/").startswith(prefixes) and spec.shape is not None
        ]
    return told
