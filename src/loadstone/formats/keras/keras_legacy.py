"""The order of layers and weights that Keras' legacy HDF5 layout records, and what it lists but does not hold.

`layer_names` on the group of weights and `weight_names` on each layer's group give the order in which Keras made and
will expect the weights; HDF5 itself lists by name.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.facts import LazyTensor
from loadstone.formats.keras.keras_attributes import names
from loadstone.wire.hdf5 import Group, Hdf5File

WEIGHTS_GROUP = "model_weights"


def in_recorded_order(file: Hdf5File, tensors: tuple[LazyTensor, ...]) -> tuple[tuple[LazyTensor, ...], list[str]]:
    """Return the tensors with the recorded ones first, in their order, and the paths that are recorded in vain."""
    left = {tensor.spec.name: tensor for tensor in tensors}
    first: list[LazyTensor] = []
    missing: list[str] = []
    for path in recorded_paths(file):
        tensor = left.pop(path, None)
        if tensor is not None:
            first.append(tensor)
        elif not _is_there(file, path):
            missing.append(path)
    return (*first, *left.values()), missing


def recorded_paths(file: Hdf5File) -> Iterator[str]:
    """Yield the paths of the weights, layer by layer, each once; a layer without its group yields its own path.

    Damaged records end the list.
    """
    seen: set[str] = set()
    try:
        whole = file.child(file.root, WEIGHTS_GROUP)
        top = whole if isinstance(whole, Group) else file.root
        for layer in names(top, "layer_names"):
            group = file.find(f"{top.path}/{layer}")
            for weight in names(group, "weight_names") if group else [""]:
                path = f"{top.path}/{layer}/{weight}".strip("/")
                if path not in seen:
                    seen.add(path)
                    yield path
    except LoadstoneError:
        # Reading the contents has said it; the order is then HDF5's own.
        return


def _is_there(file: Hdf5File, path: str) -> bool:
    """Return whether something lies at a path: a weight that two layers share is listed under its first path alone."""
    try:
        return file.find(path) is not None
    except LoadstoneError:
        return True
