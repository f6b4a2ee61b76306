"""A recognised detector with the file's weights, before any engine: what the Keras model and the plan are made from.

What it is: the detector's description, each variable's array, and the account of where it came from.
What it is not: a network of any framework.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.blueprint.frozen_source import holds_slim_ssd, slim_ssd
from loadstone.blueprint.reader import AnyBlueprint, readings_of
from loadstone.blueprint.slim_faster_rcnn import SLIM_FASTER_RCNN
from loadstone.blueprint.ssd import SLIM as SLIM_SSD
from loadstone.blueprint.weights import Match, match
from loadstone.errors import LoadstoneError, UnsupportedModelError
from loadstone.facts.filling import WeightReport
from loadstone.formats.detection.folder import config_beside
from loadstone.formats.object_graph import OBJECT_GRAPH_KEY
from loadstone.formats.object_paths import ObjectPaths
from loadstone.formats.registry import open_source
from loadstone.formats.tree import DiskTree
from loadstone.runtime.found_labels import counted_from, found_labels
from loadstone.runtime.wish import AS_FOUND, Wish

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts import ModelFile
    from loadstone.wire.textmessage import TextMessage

LEVELS_UP = 3
"""`model/saved_model/variables/variables.index` lies two folders below its `pipeline.config`."""

GRAPHS = ("frozen-graph", "savedmodel")
"""Formats that hold the graph that ran."""

VALUES_ELSEWHERE = ("metagraph",)
"""Formats that name variables without holding them; the checkpoint beside them is a source of its own."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A detector whose every variable has its array, by object-graph key; `labels` count from 1.

    `config` is the parsed configuration that describes it, `origin` says whose words that is.
    """

    source: str
    source_format: str
    blueprint: AnyBlueprint
    config: TextMessage
    values: Mapping[str, npt.NDArray[Any]]
    labels: Mapping[int, str]
    report: WeightReport
    origin: str

    @property
    def note(self) -> str:
        """What a person is told: from what it was rebuilt, and how many variables were filled."""
        return f"rebuilt natively from {self.origin}: {len(self.report.matched)} of {self.report.total} variables"


def rebuild_source(source: str, wish: Wish = AS_FOUND) -> Rebuilt:
    """Rebuild the first detector in a file, folder or checkpoint; see `rebuild_any`."""
    return rebuild_any(open_source(source), wish)


def rebuild_any(model: ModelFile, wish: Wish = AS_FOUND) -> Rebuilt:
    """Rebuild the first detector among a model and its parts; `UnsupportedModelError` where none is rebuilt."""
    failed: UnsupportedModelError | None = None
    for part in (model, *model.parts):
        try:
            if (found := rebuild(part, wish)) is not None:
                return found
        except UnsupportedModelError as error:
            failed = failed or error
    raise failed or UnsupportedModelError(
        "this is no detector that is rebuilt here",
        where=model.source,
        expected="a detector's weights with the pipeline.config that describes it",
        found=model.format,
        help="name the configuration: loadstone.load(source, config='pipeline.config')",
    )


def rebuild(model: ModelFile, wish: Wish = AS_FOUND) -> Rebuilt | None:
    """Rebuild the detector in a file; None where the file is none, or nothing describes it.

    Raises `UnsupportedModelError` with the reason where a detector is described but is not rebuilt.
    """
    if model.detector is None or not model.complete or model.format in VALUES_ELSEWHERE:
        return None
    described = _described(model)
    if described is None:
        return None
    blueprint, config, origin = described
    found = matched(blueprint, model)
    if not found.complete:
        raise UnsupportedModelError(f"the weights are not those of {origin}", found=str(found))
    if any("_quant/" in name for name in found.unused):
        raise UnsupportedModelError("the weights are for 8-bit arithmetic, which is not rebuilt here")
    if blueprint.unsupported:
        raise UnsupportedModelError(f"{blueprint.unsupported[0]} is not known here")
    values = {key: model.tensors[name] for key, name in found.matched.items()}
    labels = counted_from(1, found_labels(model))
    report = WeightReport(model.source, dict(found.matched), unused=found.unused)
    return Rebuilt(model.source, model.format, blueprint, config, values, labels, report, origin)


def _described(model: ModelFile) -> tuple[AnyBlueprint, TextMessage, str] | None:
    """Return the detector and what describes it: a TF1 SSD's own graph says more than a configuration beside it."""
    if holds_slim_ssd(model):
        return *slim_ssd(model), "its graph"
    config = _config(Path(model.source))
    if config is None:
        return None
    blueprint = _fitting(config, model)
    if model.format in GRAPHS and blueprint.feature_extractor in (*SLIM_SSD, *SLIM_FASTER_RCNN):
        # Graphs of TF1 suppress in an order that changed over the years and that no configuration states.
        raise UnsupportedModelError(f"a TF1 graph of {blueprint.feature_extractor} is not told from its operations")
    return blueprint, config, "its pipeline.config"


def _fitting(config: TextMessage, model: ModelFile) -> AnyBlueprint:
    """Return what the configuration stands for that the weights fit, else what it says."""
    first, *others = readings_of(config)
    if not others or matched(first, model).complete:
        return first
    return next((other for other in others if matched(other, model).complete), first)


def matched(blueprint: AnyBlueprint, model: ModelFile) -> Match:
    """Find the variables in a file, through its object graph where its own keys and names do not tell all.

    A SavedModel's keys begin with `_model` and often end in a bare number.
    """
    found = match(blueprint, model.tensors.specs)
    if found.complete or OBJECT_GRAPH_KEY not in model.tensors:
        return found
    try:
        paths = ObjectPaths(b"".join(model.tensors[OBJECT_GRAPH_KEY].ravel()[:1]))
        through = match(blueprint, model.tensors.specs, lambda key: paths.key_at(key) or paths.key_at(f"_{key}"))
    except LoadstoneError:
        return found
    return through if through.complete else found


def _config(source: Path) -> TextMessage | None:
    folder = source if source.is_dir() else source.parent
    for level in [folder, *folder.resolve().parents][:LEVELS_UP]:
        found = config_beside(DiskTree(level), "")
        if found:
            return found[1]
    return None
