"""The weights of a `.keras` archive: moved to where the target looks for them, re-laid by rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loadstone.checks.views.keras_config import KerasFile
from loadstone.dialects import Rewritten, Target
from loadstone.dialects.paths import below, layer_paths, moves
from loadstone.dialects.weights import ruled
from loadstone.errors import LoadstoneError
from loadstone.formats.keras_zip import WEIGHTS, KerasArchive
from loadstone.repairs.keras._write import array_of, attributes_of
from loadstone.wire.hdf5 import Dataset, Group, Hdf5File
from loadstone.wire.hdf5.writer import OutArray, OutGroup

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]


def moved_weights(found: KerasFile, target: Target) -> dict[str, str]:
    """Return the paths of an archive's weights that have to move, and where to."""
    if found.archive is None or target.family != "keras3" or not found.archive.has(WEIGHTS):
        return {}
    try:
        return moves([dataset.path.strip("/") for dataset in datasets(found.archive.weights())])
    except LoadstoneError:
        # Weights that cannot be read are another fault's to say.
        return {}


def datasets(file: Hdf5File) -> list[Dataset]:
    """Return every dataset of a file; raises the first failure."""
    broken: list[LoadstoneError] = []
    found = [node for node in file.walk(broken) if isinstance(node, Dataset)]
    if broken:
        raise broken[0]
    return found


def moved_tree(archive: KerasArchive, moved: dict[str, str], made: Rewritten) -> OutGroup:
    """Return the weights to write, each at its new place, after the rules of the rewriting."""
    file = archive.weights()
    root = OutGroup(attributes=attributes_of(file.root))
    arrays: dict[str, OutArray] = {}
    for node in file.walk([]):
        path = node.path.strip("/")
        if isinstance(node, Group) and not moved:
            root.group(path).attributes.update(attributes_of(node))
        elif isinstance(node, Dataset):
            arrays[moved.get(path, path)] = array_of(node)
    _apply(arrays, made)
    for path, array in arrays.items():
        root.put(path, array)
    return root


def _apply(arrays: dict[str, OutArray], made: Rewritten) -> None:
    places = layer_paths(made.config)
    for layer in dict.fromkeys(rule.layer for rule in made.weights):
        paths = _paths_of(layer, places, arrays)
        values = ruled(made.weights, layer, [arrays[path].read() for path in paths])
        for path, value in zip(paths, values, strict=True):
            arrays[path] = OutArray(lambda value=value: value, arrays[path].attributes)  # type: ignore[misc]


def _paths_of(layer: str, places: dict[str, str], arrays: dict[str, OutArray]) -> list[str]:
    prefix = places.get(layer, "")
    found = below(prefix, arrays) or below(prefix.replace("layers/", "_layer_checkpoint_dependencies/", 1), arrays)
    if not found:
        raise LoadstoneError("the archive has no weights for a layer that has to be re-laid", where=layer)
    return found


def touched_paths(found: KerasFile, made: Rewritten, moved: dict[str, str]) -> tuple[str, ...]:
    """Return the paths of the weights that the rules change, as they are in the new file."""
    if found.archive is None or not made.weights:
        return ()
    paths = {
        moved.get(path, path): OutArray(dataset.read)
        for dataset in datasets(found.archive.weights())
        for path in [dataset.path.strip("/")]
    }
    places = layer_paths(made.config)
    return tuple(path for rule in made.weights for path in _paths_of(rule.layer, places, paths))
