"""`diff`: two sources on this disk, of whatever kinds, compared as what they are."""

from __future__ import annotations

from loadstone.differences.keras_config import configuration
from loadstone.differences.models import compare_models
from loadstone.differences.texts import changes, flat_text
from loadstone.facts import ModelFile
from loadstone.facts.difference import Changed, Difference
from loadstone.formats import registry as formats
from loadstone.formats.registry import Candidate
from loadstone.wire.limits import TEXT_BYTES
from loadstone.wire.textproto import parse

TEXTS = ("pipeline-config", "label-map")


def diff(left: str, right: str) -> Difference:
    """Return what differs between two models, checkpoints, configurations or label maps.

    Tensors are paired across containers (HDF5, `.keras`, checkpoints, graphs). Raises what reading a source raises.
    """
    sides = [_read(source) for source in (left, right)]
    (one, ours), (two, theirs) = sides
    if ours.format in TEXTS and theirs.format in TEXTS:
        return _texts(one, two)
    return compare_models(_holder(ours), _holder(theirs), (configuration(one, ours), configuration(two, theirs)))


def _read(source: str) -> tuple[Candidate, ModelFile]:
    candidate = formats.locate(source)
    return candidate, formats.read(candidate)


def _holder(model: ModelFile) -> ModelFile:
    """Return the model, or the only part of it that holds tensors (an archive's, a folder's)."""
    holders = [part for part in model.parts if len(part.tensors)]
    return model if len(model.tensors) or len(holders) != 1 else holders[0]


def _texts(left: Candidate, right: Candidate) -> Difference:
    sides = [flat_text(parse(one.tree.read(one.name, TEXT_BYTES))) for one in (left, right)]
    found: list[Changed] = changes(*sides)
    same = sum(sides[0].get(path) == value for path, value in sides[1].items())
    return Difference(left.source, right.source, "configurations", tuple(found), same)
