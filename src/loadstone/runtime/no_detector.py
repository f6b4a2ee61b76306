"""What a model is told to be that is no detector: a classifier, which can become one's backbone, or something else."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from loadstone.errors import UnsupportedModelError

if TYPE_CHECKING:
    from loadstone.facts import ModelFile, TensorSpec

GRAPHS = ("keras-zip", "keras-h5")
"""Formats that hold a Keras model's layers with their weights."""


def no_detector(model: ModelFile) -> UnsupportedModelError:
    """Return the error for a model that nothing describes as a detector, with what makes one of it."""
    if model.format in GRAPHS and model.layers:
        return _keras_model(model)
    return UnsupportedModelError(
        "this is no detector that is rebuilt here",
        where=model.source,
        expected="a detector's weights, and a pipeline.config that describes them",
        found=model.format,
        help=f"name the configuration: loadstone.load({model.source!r}, config='pipeline.config')",
    )


def _keras_model(model: ModelFile) -> UnsupportedModelError:
    count = model.details.get("layers", len(model.layers))
    maker = f"loadstone build --head retinanet --backbone {quote(model.source)} --num-classes N --output built.keras"
    pictures = any(len(one.shape or ()) == 4 for one in model.inputs)
    return UnsupportedModelError(
        f"this is {_said(model)}, and no detector",
        where=model.source,
        expected="a detector that Loadstone saved, or the weights of one with the pipeline.config that describes them",
        found=f"{count:,} layers that take {_shapes(model.inputs)} and give {_shapes(model.outputs)}",
        help=f"make a detector of it first: {maker}" if pictures else "a backbone takes pictures (height, width, 3)",
    )


def _said(model: ModelFile) -> str:
    """Return what the model is, by the shape of what it gives: one row of numbers for a picture are classes."""
    shapes = [one.shape or () for one in model.outputs]
    if len(shapes) == 1 and len(shapes[0]) == 2 and any(len(one.shape or ()) == 4 for one in model.inputs):
        return f"a classifier of {shapes[0][1]:,} classes" if shapes[0][1] else "a classifier"
    return "a plain Keras model"


def _shapes(specs: tuple[TensorSpec, ...]) -> str:
    return ", ".join(_shape(spec) for spec in specs) or "what is not stated"


def _shape(spec: TensorSpec) -> str:
    """Return a shape as text, a side that is any as `?`."""
    return "(" + ", ".join("?" if side is None else str(side) for side in spec.shape or ()) + ")"
