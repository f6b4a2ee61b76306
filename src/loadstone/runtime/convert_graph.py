"""Frozen graphs, SavedModels and MetaGraphs → a network, through OpenVINO's TensorFlow reader."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.runtime.conversion import Conversion
from loadstone.runtime.endings import ending_of
from loadstone.runtime.found_labels import counted_from, found_labels
from loadstone.runtime.frontends import convert
from loadstone.runtime.picture_input import AS_IS, UNIT, Scaling, picture_input
from loadstone.runtime.ssd_families import family_of

if TYPE_CHECKING:
    from loadstone.facts import ModelFile

UNIT_NOTE = "the graph does not say how its pixels are scaled; [0, 1] was assumed"


def convert_frozen(model: ModelFile) -> Conversion:
    """Convert a frozen graph's file."""
    return _converted(model, Path(model.source))


def convert_savedmodel(model: ModelFile) -> Conversion:
    """Convert a SavedModel's folder, whether the folder or its `saved_model.pb` was named."""
    path = Path(model.source)
    return _converted(model, path if path.is_dir() else path.parent)


def _converted(model: ModelFile, path: Path) -> Conversion:
    network = convert("tf", path)
    labels = found_labels(model)
    if family := family_of(network):
        named = labels or family.labels
        return Conversion(model.format, network, family.scaling, family.ending, named, family.notes)
    scaling, notes = scaling_of(network)
    ending = ending_of(network)
    if ending.task == "detection":
        labels = counted_from(1, labels)
    return Conversion(model.format, network, scaling, ending, labels, notes, warm_up=has_proposals(network))


def scaling_of(model: Any) -> tuple[Scaling, tuple[str, ...]]:
    """Return how pixels go in: whole-number inputs as they are, others by assumption, which is said."""
    if picture_input(model).dtype not in ("f32", "f16"):
        return AS_IS, ()
    return UNIT, (UNIT_NOTE,)


def has_proposals(model: Any) -> bool:
    """Return whether the network crops its own features, as two-stage detectors do.

    OpenVINO 2026.4.1 gives silently wrong boxes in the first inference after compiling some of these.
    """
    return any(op.get_type_name() in ("ROIPooling", "ROIAlign", "PSROIPooling") for op in model.get_ops())
