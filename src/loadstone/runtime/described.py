"""What describes the detector in a file: the configuration asked for, its own graph, one beside it, or its names."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from loadstone.blueprint.as_json import read_blueprint_json
from loadstone.blueprint.class_count import with_classes
from loadstone.blueprint.clipping import Clipping, clipping_as, clipping_of
from loadstone.blueprint.frozen.frozen_source import holds_slim_detector, slim_detector
from loadstone.blueprint.reader import AnyBlueprint, read_any, readings_of
from loadstone.blueprint.reclassed import reclassed
from loadstone.blueprint.recovered.recover import ASSUMED, recover
from loadstone.blueprint.slim.slim_faster_rcnn import SLIM_FASTER_RCNN
from loadstone.blueprint.ssd import SLIM as SLIM_SSD
from loadstone.blueprint.write_config import config_for
from loadstone.errors import FormatError, LoadstoneError, SourceError, UnsupportedModelError
from loadstone.formats.detection.config import architecture
from loadstone.formats.detection.folder import USUAL_NAME, config_beside
from loadstone.formats.frozen_graph import graph_member
from loadstone.formats.graph.graph_nodes import parse_graph
from loadstone.formats.keras_zip import open_archive, rebuilt_member
from loadstone.formats.message_file import open_message
from loadstone.formats.rebuilt_member import MEMBER, RebuiltMember, read_member
from loadstone.formats.registry import locate
from loadstone.formats.savedmodel import saved_member
from loadstone.formats.trees.tree import DiskTree
from loadstone.runtime.fitting import matched, needed
from loadstone.wire.limits import CONFIG_BYTES
from loadstone.wire.schemas.graph import GRAPH_DEF
from loadstone.wire.textproto import parse, parse_prefix

if TYPE_CHECKING:
    from loadstone.facts import ModelFile
    from loadstone.runtime.wish import Wish
    from loadstone.wire.textmessage import TextMessage

LEVELS_UP = 3
"""`model/saved_model/variables/variables.index` lies two folders below its `pipeline.config`."""

GRAPHS = ("frozen-graph", "savedmodel")
"""Formats that hold the graph that ran."""


@dataclass(frozen=True, slots=True)
class Description:
    """A detector's blueprint, the configuration it was read from, whose words that is, and what is only assumed.

    `built`: the blueprint itself was read, and the configuration has only the words that training reads.
    """

    blueprint: AnyBlueprint
    config: TextMessage
    origin: str
    assumed: tuple[str, ...] = ()
    built: bool = False

    @property
    def averages(self) -> bool:
        """Whether the original evaluates with the moving averages of its weights (eval.proto)."""
        return self.config.message("eval_config").flag("use_moving_averages", False)


def description_of(model: ModelFile, wish: Wish) -> Description | None:
    """Return what describes the detector; None where nothing does.

    Raises `UnsupportedModelError` for an architecture or field that is not rebuilt, `FormatError` for a configuration
    that is broken.
    """
    found = _asked_for(model, wish) if wish.config else _found(model)
    if found is None or not wish.num_classes or wish.num_classes == found.blueprint.num_classes:
        return found
    config = with_classes(found.config, wish.num_classes)
    return replace(found, blueprint=_as(found.blueprint, config, wish.num_classes), config=config)


def _as(first: AnyBlueprint, config: TextMessage, count: int) -> AnyBlueprint:
    """Read a configuration of another number of classes as the first was read, with what only its graph told."""
    try:
        other = next((each for each in readings_of(config) if each.feature_extractor == first.feature_extractor), None)
    except UnsupportedModelError:
        return reclassed(first, count)
    other = other or read_any(config)
    return clipping_as(other, clipping_of(first))


def _asked_for(model: ModelFile, wish: Wish) -> Description:
    path = Path(wish.config or "")
    config = read_config(path)
    try:
        blueprint = _fitting(config, model)
    except LoadstoneError as error:
        raise error.at(str(path)) from None
    asked = Description(blueprint, config, path.name)
    return _clipping_as_its_graph(asked, model) if holds_slim_detector(model) else asked


def _clipping_as_its_graph(asked: Description, model: ModelFile) -> Description:
    """Clip boxes as a TF1 graph does, which no configuration states; say where the graph does not tell."""
    try:
        graph, _ = slim_detector(model)
    except LoadstoneError as error:
        told = f"boxes are clipped as in graphs of today, for this one is not told from its operations: {error.fact}"
        return replace(asked, assumed=(told,))
    return replace(asked, blueprint=clipping_as(asked.blueprint, clipping_of(graph)))


def read_config(path: Path) -> TextMessage:
    """Return a parsed configuration; raises as `read_words`, and `FormatError` where it describes no model."""
    config = read_words(path)
    if architecture(config) is None:
        raise FormatError("the configuration describes no model", where=str(path), expected="model { … }")
    return config


def read_words(path: Path) -> TextMessage:
    """Return a parsed configuration, whatever it describes; `SourceError` where it cannot be read.

    A fault in the text is a `FormatError` with its line and column.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"the configuration cannot be read: {error.strerror}", where=str(path)) from error
    if len(data) > CONFIG_BYTES:
        raise FormatError("the configuration is longer than any", where=str(path), found=f"{len(data):,} bytes")
    try:
        return parse(data)
    except FormatError as error:
        raise error.at(str(path)) from None


def _found(model: ModelFile) -> Description | None:
    """Return what lies in or beside the file: a TF1 detector's own graph comes before a configuration beside it."""
    if (saved := _saved(model)) is not None:
        return saved
    if model.format == "safetensors" and (run := _run_beside(Path(model.source))) is not None:
        return run
    if model.detector is None:
        return None
    if holds_slim_detector(model):
        return _with_config_beside(Description(*slim_detector(model), "its graph"), Path(model.source).parent)
    found = _config(Path(model.source))
    if found is None:
        return None if model.format in GRAPHS else _recovered(model)
    name, config = found
    assumed = _broken_later(name, config)
    try:
        blueprint = _fitting(config, model)
    except LoadstoneError as error:
        raise error.at(name) from None
    if model.format in GRAPHS and blueprint.feature_extractor in (*SLIM_SSD, *SLIM_FASTER_RCNN):
        # Graphs of TF1 suppress in an order that changed over the years and that no configuration states.
        raise UnsupportedModelError(f"a TF1 graph of {blueprint.feature_extractor} is not told from its operations")
    return Description(blueprint, config, "its pipeline.config", assumed)


def _with_config_beside(graph: Description, folder: Path) -> Description:
    """Return what a graph says of itself, with the words that training reads from the configuration beside it.

    One that says anything else of the detector than the graph does is not read, which is told.
    """
    beside = config_beside(DiskTree(folder), "")
    if beside is None:
        return graph
    name, config = beside
    try:
        other = read_any(config)
    except LoadstoneError as error:
        return replace(graph, assumed=(f"{name} beside the graph is not read: {error.fact}",))
    differs = _differing(graph.blueprint, other)
    if not differs:
        return replace(graph, config=config)
    told = f"{name} beside the graph says otherwise than the graph ({', '.join(differs[:3])}), and is not read"
    return replace(graph, assumed=(told,))


def _differing(graph: AnyBlueprint, other: AnyBlueprint) -> list[str]:
    """Return what a configuration says otherwise than a graph; how boxes are clipped is in no configuration."""
    if type(graph) is not type(other):
        return [other.feature_extractor]
    other = clipping_as(other, clipping_of(graph))
    return [field.name for field in fields(graph) if getattr(graph, field.name) != getattr(other, field.name)]


def _broken_later(name: str, config: TextMessage) -> tuple[str, ...]:
    """Return a note on a configuration that is broken behind its model.

    Raises `UnsupportedModelError` for one that is broken within it: what it does not say any more would be the
    defaults, without a word.
    """
    _, fault = parse_prefix(config.data)
    if fault is None:
        return ()
    if config.names[-1] == "model":
        fact, helps = f"{name} is broken where it describes the model", f"loadstone fix {name}"
        raise UnsupportedModelError(
            fact, where=f"{name}: {fault.where}", expected=fault.expected, found=fault.fact, help=helps
        )
    return (f"{name} is broken at {fault.where} ({fault.fact}): what stands before is taken",)


def _saved(model: ModelFile) -> Description | None:
    """Return what the detector's own archive or graph says of it; a graph may hold weights in another form."""
    if model.format == "keras-zip":
        found = rebuilt_member(open_archive(locate(model.source)))
        return None if found is None else described_by(found)
    if model.format not in GRAPHS or not model.details.get("described"):
        return None
    candidate = locate(model.source)
    if model.format == "savedmodel":
        found = saved_member(candidate)
    else:
        found = graph_member(parse_graph(open_message(candidate.tree, candidate.name, GRAPH_DEF)))
    described = described_by(found) if found else None
    fits = described and needed(matched(described.blueprint, model), described.blueprint).complete
    return replace(described, origin="its own graph") if described and fits else None


def _run_beside(source: Path) -> Description | None:
    """Return what a training's folder says of the detector whose weights lie in it; None where it is no such folder."""
    path = source.parent / MEMBER
    if not path.is_file():
        return None
    try:
        return replace(described_by(read_member(path.read_bytes())), origin="its run's folder")
    except LoadstoneError as error:
        raise error.at(str(path)) from None


def described_by(member: RebuiltMember) -> Description:
    """Return what a member of a rebuilt detector's archive describes."""
    if member.blueprint is not None:
        own = read_blueprint_json(member.blueprint, f"{MEMBER}: blueprint")
        return Description(own, member.config, "its own archive", member.notes, built=True)
    each = list(readings_of(member.config))
    blueprint = next((one for one in each if one.feature_extractor == member.extractor), each[0])
    blueprint = clipping_as(blueprint, Clipping(member.clip_first, member.within_padding))
    return Description(blueprint, member.config, "its own archive")


def _recovered(model: ModelFile) -> Description | None:
    """Return the configuration that names and shapes alone came from; None where there is none."""
    shapes = {spec.name: spec.shape for spec in model.tensors.specs if spec.role in ("weight", "constant")}
    empty = _without_model(Path(model.source))
    try:
        found = recover(shapes)
        return Description(found.blueprint, found.config, "its variables' names and shapes", (*empty, *found.assumed))
    except LoadstoneError:
        pass
    try:
        config = parse(config_for(model).encode())
        return Description(read_any(config), config, "its variables' names and shapes", (*empty, ASSUMED))
    except LoadstoneError:
        return None


def _fitting(config: TextMessage, model: ModelFile) -> AnyBlueprint:
    """Return what the configuration stands for that the weights fit, else what it says."""
    first, *others = readings_of(config)
    if not others or matched(first, model).complete:
        return first
    return next((other for other in others if matched(other, model).complete), first)


def _config(source: Path) -> tuple[str, TextMessage] | None:
    """Return the name and the content of the nearest configuration that describes a model."""
    for level in _levels(source):
        if found := config_beside(DiskTree(level), ""):
            return found
    return None


def _without_model(source: Path) -> tuple[str, ...]:
    """Return a note on a `pipeline.config` that lies there and describes no model."""
    there = any((level / USUAL_NAME).is_file() for level in _levels(source))
    return (f"the {USUAL_NAME} beside it describes no model, and is passed over",) if there else ()


def _levels(source: Path) -> list[Path]:
    folder = source if source.is_dir() else source.parent
    return [folder, *folder.resolve().parents][:LEVELS_UP]
