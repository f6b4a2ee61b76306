"""The weights of a rebuilt detector that Keras wrote, by the keys that a checkpoint has.

A rebuilt detector's Keras layers are named for their variables' scope with `--` for slashes and `---` for dots; files
from before PyTorch was minded, which has no dots in names, have dots for slashes. Keras keeps that name
beside each layer's numbered arrays (`layers/conv2d_3/vars/0`), in legacy HDF5 it is the group's own
(`model_weights/<layer>/<layer>/kernel`), and in a file of named arrays a part of the name (`<layer>/kernel`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from loadstone.blueprint.network import SLIM_NAMES, scope_named
from loadstone.facts import LazyTensor, Tensors
from loadstone.formats.detection import from_names

if TYPE_CHECKING:
    from loadstone.facts import ModelFile, TensorSpec

FORMATS = ("keras-zip", "keras-h5", "keras-h5-weights", "hdf5", "safetensors")

ATTRIBUTES = {
    "conv2d": ("kernel", "bias"),
    "conv2d_transpose": ("kernel", "bias"),
    "dense": ("kernel", "bias"),
    "depthwise_conv2d": ("depthwise_kernel", "bias"),
    "separable_conv2d": ("depthwise_kernel", "pointwise_kernel", "bias"),
    "layer_normalization": ("gamma", "beta"),
    "channel_scale": ("gamma",),
    "channel_offset": ("beta",),
    "batch_normalization": ("gamma", "beta", "moving_mean", "moving_variance"),
}
"""Layer's class, as Keras writes it into paths → its variables in Keras's order."""

_NUMBERED = re.compile(r"(?:^|/)(?P<kind>[a-z0-9_]+?)(?:_\d+)?/vars/(?P<number>\d+)$")
_OURS = re.compile(r"^[^.-]+--|^[^.]+\.")
"""A layer's name that is a scope."""

_ALONE = "Conv"
"""The layer of TF1's proposals: the only scope that lies in no other."""

_HEADS = "._prediction_head_dict."
"""Only below it a key has an escaped slash (`.S`) of its own."""


def as_checkpoint(model: ModelFile) -> ModelFile:
    """Return the file with its tensors under checkpoint keys, where a rebuilt detector's Keras model wrote it."""
    if model.format not in FORMATS:
        return model
    counts = _counts(model.tensors.specs)
    lazy = [
        LazyTensor(replace(one.spec, name=_key(one.spec, counts), tensor_name=""), one.read, one.verify)
        for one in model.tensors.all
    ]
    if all(one.spec.name == other.spec.name for one, other in zip(lazy, model.tensors.all, strict=True)):
        return model
    tensors = Tensors(lazy)
    detector = from_names({spec.name: spec.shape for spec in tensors.specs})
    return replace(model, tensors=tensors, detector=model.detector or detector)


def _counts(specs: tuple[TensorSpec, ...]) -> dict[str, int]:
    """Return how many numbered arrays each layer has."""
    counts: dict[str, int] = {}
    for spec in specs:
        if _NUMBERED.search(spec.name):
            layer = spec.name.rpartition("/")[0]
            counts[layer] = counts.get(layer, 0) + 1
    return counts


def _key(spec: TensorSpec, counts: dict[str, int]) -> str:
    """Return the checkpoint's key of a tensor; its own name where it is no rebuilt detector's."""
    if found := _NUMBERED.search(spec.name):
        layer = spec.tensor_name.rpartition("/")[0]
        key = detector_key(layer, found["kind"], int(found["number"]), counts[spec.name.rpartition("/")[0]])
    else:
        parts = spec.name.removesuffix(":0").split("/")
        layer, attribute = (parts[-2], parts[-1]) if len(parts) > 1 else ("", "")
        if layer == _ALONE and {*parts[:-2]} - {"model_weights", _ALONE}:
            return spec.name
        key = _joined(layer, _legacy_attribute(attribute, spec))
    return key or spec.name


def detector_key(layer: str, kind: str, number: int, count: int) -> str:
    """Return the checkpoint's key of a rebuilt detector's variable; empty for a layer that is not named for a scope.

    `layer`: its name; `kind`: its class as Keras writes it into paths; `number`: the variable's, of `count` in it.
    """
    return _joined(layer, _attribute(kind, number, count))


def _joined(layer: str, attribute: str) -> str:
    if not _OURS.search(layer) and layer != _ALONE:
        return ""
    scope = _scope(layer)
    return f"{scope}/{attribute if scope.startswith('model/') else SLIM_NAMES.get(attribute, attribute)}"


def _attribute(kind: str, number: int, count: int) -> str:
    names = ATTRIBUTES.get(kind, ())
    if kind == "batch_normalization" and count == 3:
        names = names[1:]
    if kind == "fast_attention":
        return "bifpn_combine_weights"
    return names[number] if number < len(names) else str(number)


def _legacy_attribute(attribute: str, spec: TensorSpec) -> str:
    """Return a variable's name; Keras 3 calls a depthwise kernel `kernel`; its shape ends in 1."""
    shape = spec.shape or ()
    depthwise = attribute == "kernel" and len(shape) == 4 and shape[3] == 1 and shape[0] != 1
    return "depthwise_kernel" if depthwise else attribute


def _scope(layer: str) -> str:
    if "--" in layer:
        return scope_named(layer)
    if _HEADS not in layer:
        return layer.replace(".", "/")
    return re.sub(r"\.(?!S[a-z])", "/", layer)
