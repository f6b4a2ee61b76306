"""Weights from a Keras file into a model that was built from its cleaned configuration.

What it is: our own readers' arrays, matched by layer and by path, each shape checked. What it is not: Keras' loader,
which would open the file itself. Two layouts: legacy HDF5 lists each layer's weights by name, in order;
`.keras` archives and `.weights.h5` have a path for each variable (`layers/conv2d/vars/0`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.dialects import Rewritten
from loadstone.dialects.paths import CONTAINER, OLD_CONTAINER, below, layer_paths
from loadstone.dialects.weights import ruled
from loadstone.errors import FormatError, UnsupportedModelError
from loadstone.formats.keras.keras_attributes import names
from loadstone.wire.hdf5 import Dataset, Group, Hdf5File

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]


def set_legacy(model: Any, file: Hdf5File, found: Rewritten) -> None:
    """Fill a model from legacy HDF5: `model_weights/<layer>`, or the same in the root of a weights-only file.

    `found` has the layers' names in the file and the rules by which their weights are laid for Keras 3.
    """
    top = file.find("model_weights") or file.root
    if not isinstance(top, Group):
        raise FormatError("the file has no group of weights", expected="model_weights")
    for layer in model.layers:
        wanted = [*layer.trainable_weights, *layer.non_trainable_weights]
        if wanted:
            name = found.renamed.get(layer.name, layer.name)
            _assign(layer.name, wanted, ruled(found.weights, name, list(_arrays_of(file, top, name))))


def _arrays_of(file: Hdf5File, top: Group, layer: str) -> Iterator[Array]:
    """Yield a layer's arrays in the order in which the file lists them."""
    group = file.child(top, layer)
    if not isinstance(group, Group):
        raise FormatError("the file has no weights for a layer that needs some", where=layer)
    for name in names(group, "weight_names"):
        dataset = file.find(f"{group.path.rstrip('/')}/{name}")
        if not isinstance(dataset, Dataset):
            raise FormatError("a weight that the file lists is not there", where=f"{layer}/{name}")
        yield dataset.read()


def _assign(layer: str, wanted: list[Any], arrays: list[Array]) -> None:
    if len(wanted) != len(arrays):
        raise UnsupportedModelError(
            "the file has another number of weights for a layer than stock Keras makes",
            where=layer,
            expected=str(len(wanted)),
            found=str(len(arrays)),
        )
    for variable, array in zip(wanted, arrays, strict=True):
        _check_shape(f"{layer}/{variable.name}", tuple(variable.shape), array.shape)
        variable.assign(array)


def _check_shape(where: str, expected: tuple[int, ...], found: tuple[int, ...]) -> None:
    if expected != found:
        raise UnsupportedModelError(
            "a weight has another shape than its layer", where=where, expected=str(expected), found=str(found)
        )


def re_laid(arrays: Mapping[str, Array], found: Rewritten) -> dict[str, Array]:
    """Return an archive's arrays by path, those laid anew that the rules of a rewriting name."""
    made = {path.replace(OLD_CONTAINER, CONTAINER): array for path, array in arrays.items()}
    places = layer_paths(found.config)
    for layer in dict.fromkeys(rule.layer for rule in found.weights):
        paths = below(places.get(layer, layer), made)
        made |= zip(paths, ruled(found.weights, layer, [made[path] for path in paths]), strict=True)
    return made


def set_by_path(model: Any, arrays: Mapping[str, Array]) -> None:
    """Fill a model from arrays by path (`layers/conv2d/vars/0`).

    Keras writes the model's own weights first, which gives every variable its path; the file's arrays take their
    places there, and Keras reads that file, which is ours, back.
    """
    import h5py

    with tempfile.TemporaryDirectory(prefix="loadstone-") as folder:
        path = Path(folder) / "template.weights.h5"
        model.save_weights(path)
        with h5py.File(path, "r+") as template:
            for name in _datasets(template):
                template[name][...] = _fitting(name, template[name].shape, arrays)
        model.load_weights(path)


def _datasets(template: Any) -> list[str]:
    """Return the paths of the template's variables; the state of random layers is not a weight."""
    import h5py

    found: list[str] = []
    template.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
    return [name for name in found if "seed_generator" not in name]


def _fitting(name: str, shape: tuple[int, ...], arrays: Mapping[str, Array]) -> Array:
    if name not in arrays:
        raise UnsupportedModelError("the file lacks a weight that its layers need", where=name)
    _check_shape(name, shape, arrays[name].shape)
    return arrays[name]
