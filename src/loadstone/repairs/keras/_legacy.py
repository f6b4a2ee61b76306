"""The weights of a legacy HDF5 file after the rules that a rewriting asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from loadstone.dialects import WeightRule
from loadstone.dialects.weights import names_after, ruled
from loadstone.errors import FormatError
from loadstone.formats.keras.keras_attributes import names
from loadstone.repairs.keras._write import array_of
from loadstone.wire.hdf5 import Dataset, Group, Hdf5File
from loadstone.wire.hdf5.writer import OutArray, OutGroup

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]


def weights_group(file: Hdf5File) -> Group:
    """Return the group that holds the layers' weights: `model_weights`, or the root of a file of weights alone."""
    found = file.find("model_weights") or file.root
    if not isinstance(found, Group):
        raise FormatError("the file has no group of weights", expected="model_weights")
    return found


def touched(file: Hdf5File, rules: Sequence[WeightRule]) -> tuple[str, ...]:
    """Return the paths of the weights that the rules change."""
    top = weights_group(file)
    found = []
    for layer in dict.fromkeys(rule.layer for rule in rules):
        group, listed = _listed(file, top, layer)
        found += [f"{group.path}/{name}".strip("/") for name in listed]
    return tuple(found)


def _listed(file: Hdf5File, top: Group, layer: str) -> tuple[Group, list[str]]:
    """Return the group that lists a layer's weights, and those of its names that are this layer's.

    A model inside the model has one group for all of its layers; their names begin with the layer's there.
    """
    group = file.child(top, layer)
    if isinstance(group, Group):
        return group, names(group, "weight_names")
    for name in names(top, "layer_names"):
        outer = file.child(top, name)
        if isinstance(outer, Group):
            found = [weight for weight in names(outer, "weight_names") if layer in weight.split("/")[:-1]]
            if found:
                return outer, found
    raise FormatError("the file lists no weights for a layer that has to be re-laid", where=layer)


def apply_rules(file: Hdf5File, root: OutGroup, rules: Sequence[WeightRule]) -> None:
    """Change the weights in a tree as the rules say; `file` is where they come from."""
    top = weights_group(file)
    for layer in dict.fromkeys(rule.layer for rule in rules):
        group, listed = _listed(file, top, layer)
        arrays = ruled(rules, layer, [_read(file, group, name) for name in listed])
        after = names_after(rules, layer, listed)
        if len(after) != len(arrays):
            raise FormatError("the re-laid weights have another number than their names", where=layer)
        place = root.group(group.path)
        if after != listed:
            for name in listed:
                _take(place, name)
            place.attributes["weight_names"] = after
        for name, array in zip(after, arrays, strict=True):
            place.put(name, OutArray(lambda array=array: array))  # type: ignore[misc]


def _take(place: OutGroup, path: str) -> None:
    """Take a dataset out of a tree, with the groups that it leaves empty."""
    first, _, rest = path.partition("/")
    inner = place.members.get(first)
    if rest and isinstance(inner, OutGroup):
        _take(inner, rest)
        if inner.members:
            return
    place.members.pop(first, None)


def _read(file: Hdf5File, group: Group, name: str) -> Array:
    dataset = file.find(f"{group.path.rstrip('/')}/{name}")
    if not isinstance(dataset, Dataset):
        raise FormatError("a weight that the file lists is not there", where=f"{group.path}/{name}")
    return array_of(dataset).read()
