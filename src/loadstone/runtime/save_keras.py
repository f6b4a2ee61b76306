"""A rebuilt detector's Keras model → a `.keras` file that stands for itself, compared before it is called done.

Beside what Keras writes, the archive holds the detector's configuration and its classes' names, so that it opens as a
detector again without any other file.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.blueprint.as_json import blueprint_as_json
from loadstone.blueprint.clipping import clipping_of
from loadstone.errors import FormatError, RefusedError, SourceError
from loadstone.formats.rebuilt_member import MEMBER, RebuiltMember
from loadstone.runtime.fitting import networks_in
from loadstone.runtime.keras.keras_here import keras_here
from loadstone.runtime.rebuilt import rebuild_source

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.blueprint.reader import AnyBlueprint
    from loadstone.runtime.rebuilt import Rebuilt

SUFFIX = ".keras"


def save_keras(rebuilt: Rebuilt, model: Any, path: str | os.PathLike[str]) -> Path:
    """Write the model with the weights that it has now; return the path. The file appears whole or not at all.

    Before it gets its name it is opened by Keras and read by Loadstone, and every weight is compared bit for bit;
    `FormatError` where one differs. `SourceError` for a name that does not end in `.keras` or cannot be written,
    `RefusedError` where a file of another kind has it.
    """
    target = checked_target(path)
    try:
        with tempfile.TemporaryDirectory(prefix=".loadstone-", dir=target.absolute().parent) as folder:
            written = Path(folder) / target.name
            model.save(written)
            with zipfile.ZipFile(written, "a") as archive:
                archive.writestr(MEMBER, member_of(rebuilt).as_bytes())
            _compare(written, rebuilt, model)
            os.replace(written, target)
    except OSError as error:
        raise SourceError(f"the model cannot be written there: {error.strerror}", where=str(target)) from error
    return target


def checked_target(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file that may be written; raises as `save_keras`, before anything costs time."""
    target = Path(path)
    if target.suffix != SUFFIX:
        fact, other = "a Keras model's file ends in .keras", target.with_suffix(SUFFIX) if target.name else SUFFIX
        raise SourceError(fact, where=str(target), help=f"name it {other}")
    if not target.absolute().parent.is_dir():
        raise SourceError("there is no such folder to write to", where=str(target.parent))
    # A zip is replaced, and nothing else.
    if target.exists() and not (target.is_file() and zipfile.is_zipfile(target)):
        fact = "a file of another kind has this name, and is not overwritten"
        raise RefusedError(fact, where=str(target), help="name another file")
    return target


def member_of(rebuilt: Rebuilt) -> RebuiltMember:
    """Return what describes the detector beside its weights."""
    blueprint = rebuilt.blueprint
    clipping = clipping_of(blueprint)
    return RebuiltMember(
        rebuilt.config,
        rebuilt.labels,
        extractor=blueprint.feature_extractor,
        clip_first=clipping.first,
        within_padding=clipping.within_padding,
        blueprint=blueprint_as_json(blueprint) if rebuilt.built else None,
        notes=rebuilt.assumed,
    )


def _compare(written: Path, rebuilt: Rebuilt, model: Any) -> None:
    """Raise `FormatError` where what was written is not the model: by Keras's own loader, and by our reader."""
    again = keras_here().saving.load_model(written, compile=False)
    ours = weights_of(rebuild_source(str(written)).values, model, rebuilt.blueprint)
    for variable, other, read in zip(model.weights, again.weights, ours, strict=True):
        value = np.asarray(variable)
        if not (np.array_equal(value, np.asarray(other)) and np.array_equal(value, read)):
            raise FormatError("a weight came back from the file as another", where=f"{written.name}: {variable.path}")


def weights_of(values: Any, model: Any, blueprint: AnyBlueprint) -> list[npt.NDArray[Any]]:
    """Return arrays by key in the order of the model's weights, as `fill` would put them there."""
    from loadstone.detectors.keras_model import layer_name

    keys: dict[str, list[str]] = {}
    for network in networks_in(blueprint):
        for node in network.nodes:
            if node.variables:
                keys.setdefault(layer_name(node), [variable.key for variable in node.variables])
    found: dict[int, npt.NDArray[Any]] = {}
    for layer in layers_of(model):
        if layer.name in keys:
            for variable, key in zip(layer.weights, keys[layer.name], strict=True):
                found[id(variable)] = np.asarray(values[key], np.float32)
    return [found[id(variable)] for variable in model.weights]


def layers_of(model: Any) -> list[Any]:
    """Return the layers that have weights, through models within the model."""
    inner = getattr(model, "layers", None)
    return [model] if not inner else [layer for one in inner for layer in layers_of(one)]
