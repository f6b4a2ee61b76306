"""A model's weights against a configuration: which belong together, and how they compare.

What it is: the pairs of a subject (a checkpoint with `--config` or the configuration beside it; a configuration with
the checkpoint that it starts from, that lies beside it, or that the user named), and for each what names and shapes
say. What it is not: verdicts (`checks/weights`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shlex import quote

from loadstone.blueprint.reader import readings_of
from loadstone.blueprint.weights import Match, match
from loadstone.checks.subject import CHECKPOINTS, Subject
from loadstone.checks.views.config_paths import named_paths
from loadstone.checks.views.config_text import config_texts
from loadstone.checks.views.odapi import is_tf1, is_tf2
from loadstone.checks.views.renamed import Renaming, renaming
from loadstone.errors import FormatError, LoadstoneError
from loadstone.facts import DetectorFacts, ModelFile
from loadstone.formats import registry as formats
from loadstone.formats.detection import config_beside, from_names, from_pipeline
from loadstone.formats.detection.schema import PIPELINE
from loadstone.wire.textmessage import TextMessage, place

WEIGHTS = CHECKPOINTS | {"savedmodel", "frozen-graph"}
BESIDE = ("checkpoint", "model.ckpt", "ckpt-0")
"""Where an export keeps its checkpoint: a folder, or a prefix beside the configuration."""


@dataclass(frozen=True)
class Fit:
    """`source` is the weights' place, `config_path` the configuration's (`config_name` its last part).

    `fine_tuning`: training starts from the weights, so that heads may differ; else they are the configuration's own.
    """

    source: str
    model: ModelFile
    config: TextMessage
    config_path: str
    fine_tuning: bool = False

    @property
    def config_name(self) -> str:
        """The configuration's name without its folders."""
        return self.config_path.replace("\\", "/").rpartition("/")[2]

    @property
    def fix_config(self) -> str:
        """The command that mends the configuration to what the weights are, as a line for a shell."""
        return f"loadstone fix {quote(self.config_path)} --to {quote(self.source)}"

    def where(self, field: str = "", message: TextMessage | None = None) -> str:
        """Return `path:line` of a field in a message of the configuration (of its top where none is named)."""
        inner = self.config if message is None else message
        at = max((at for name, _, at in inner.entries if name == field), default=inner.at)
        return f"{self.config_path}:{place(inner.data, at)[0]}"

    @property
    def is_checkpoint(self) -> bool:
        """Whether the weights are a checkpoint, of either version."""
        return self.model.format in CHECKPOINTS

    @property
    def object_based(self) -> bool:
        """Whether the checkpoint holds an object graph, as TF2's do."""
        return bool(self.model.details.get("object_based"))

    @property
    def averages(self) -> bool:
        """Whether moving averages are among the tensors."""
        return bool(self.model.details.get("moving_averages")) or any(
            "ExponentialMovingAverage" in spec.name for spec in self.model.tensors.specs
        )

    @property
    def quantized(self) -> bool:
        """Whether ranges for quantization are among the tensors."""
        return any("_quant/" in spec.name for spec in self.model.tensors.specs)

    @cached_property
    def stated(self) -> DetectorFacts:
        """What the configuration says."""
        try:
            return from_pipeline(self.config)
        except FormatError:
            return DetectorFacts()

    @cached_property
    def shown(self) -> DetectorFacts:
        """What the names and shapes of the weights say; nothing where they are no detector's."""
        shapes = {spec.name: spec.shape for spec in self.model.tensors.specs}
        shapes |= {spec.tensor_name: spec.shape for spec in self.model.tensors.specs if spec.tensor_name}
        return from_names(shapes, self.model.ops) or DetectorFacts()

    @property
    def generations(self) -> tuple[str, str]:
        """Return (the checkpoint's half of the API, the configuration's): `TF1`, `TF2`, or empty where nothing
        shows it.

        A graph or a SavedModel runs as it is, whichever half exported it.
        """
        theirs = "TF2" if is_tf2(self.config) else "TF1" if is_tf1(self.config) else ""
        ours = ("TF2" if self.object_based else "TF1") if self.is_checkpoint else ""
        return ours, theirs

    @property
    def of_two_generations(self) -> bool:
        """Whether the one is of TF1 and the other of TF2."""
        ours, theirs = self.generations
        return bool(ours and theirs and ours != theirs)

    @cached_property
    def match(self) -> Match | None:
        """The variables that the configuration implies, looked for among the weights; the best of several readings.

        None where the container numbers its variables. Raises `UnsupportedModelError` for a network that is not
        rebuilt here.
        """
        if not self.is_checkpoint and self.model.format != "frozen-graph":
            return None
        found = [match(reading, self.model.tensors.specs) for reading in readings_of(self.config)]
        return max(found, key=lambda one: len(one.matched))

    @cached_property
    def renaming(self) -> Renaming | None:
        """Other names for the scopes of the checkpoint under which more of the variables are found."""
        found = self.match
        return renaming(found, self.model.tensors.specs) if found is not None else None

    @property
    def kind_of_start(self) -> str:
        """The `fine_tune_checkpoint_type` that counts: what is written, else what the older field says."""
        try:
            train = self.config.message("train_config")
            if written := train.text("fine_tune_checkpoint_type"):
                return written
            return "detection" if train.flag("from_detection_checkpoint") else "classification"
        except FormatError:
            return ""


def fits(subject: Subject) -> tuple[Fit, ...]:
    """Return the pairs of weights and configuration that a subject is, or is part of."""
    return subject.view(_fits)


def _fits(subject: Subject) -> tuple[Fit, ...]:
    model = subject.model
    if model is not None and subject.format in WEIGHTS:
        # Without its bytes (a pointer, a missing index) nothing is known of a model.
        return (
            tuple(_of_weights(subject, model)) if any(spec.role != "metadata" for spec in model.tensors.specs) else ()
        )
    if subject.format in ("pipeline-config", "") or any(text.path == subject.source for text in config_texts(subject)):
        return tuple(_of_config(subject)) if subject.top else ()
    return ()


def _of_weights(subject: Subject, model: ModelFile) -> Iterator[Fit]:
    """A container of weights with the configuration that was named, or else the one beside it."""
    named = subject.config or (subject.to if subject.to and _config_in(subject.to) is not None else None)
    if named:
        config = _config_in(named)
        if config is not None:
            yield Fit(subject.source, model, config, named, _starts_from(subject, named))
        return
    candidate = subject.candidate
    if candidate is None or model.detector is None:
        return
    found = config_beside(candidate.tree, candidate.folder)
    if found is not None and (config := found[1]).data:
        yield Fit(subject.source, model, config, found[0])


def _config_in(path: str) -> TextMessage | None:
    """Return the configuration at a path, as it was meant; None where there is none."""
    from loadstone.checks.views.config_text import kind_of
    from loadstone.formats.detection.schema import pipeline_schema
    from loadstone.wire.limits import CONFIG_BYTES
    from loadstone.wire.texttolerant import read_tolerant

    try:
        candidate = formats.locate(path)
        if candidate.is_folder or candidate.size > CONFIG_BYTES or kind_of(candidate.head, candidate.name) != PIPELINE:
            return None
        return read_tolerant(bytes(candidate.tree.view(candidate.name)), pipeline_schema(), PIPELINE).root
    except LoadstoneError:
        return None


def _starts_from(subject: Subject, config: str) -> bool:
    """Whether a configuration names this very checkpoint as the one to start from."""
    for path in named_paths(subject):
        if path.field == "fine_tune_checkpoint" and path.found is not None:
            ours = Path(subject.source).absolute()
            return path.found.absolute() in (ours, ours.with_suffix(""))
    return False


def _of_config(subject: Subject) -> Iterator[Fit]:
    """A configuration with the checkpoint that it is to fit, starts from, or lies with."""
    texts = [text for text in config_texts(subject) if text.kind == PIPELINE and text.path == subject.source]
    for text in texts:
        if subject.to is not None:
            if (model := _weights_at(subject.to)) is not None:
                yield Fit(subject.to, model, text.root, text.path)
            continue
        starts = [path.found for path in named_paths(subject) if path.field == "fine_tune_checkpoint"]
        starts = [found for found in starts if found is not None]
        for start in starts:
            if (model := _weights_at(str(start))) is not None:
                yield Fit(str(start), model, text.root, text.path, fine_tuning=True)
        if not starts and text.place is not None:
            yield from _lying_with(text.folder, text.root, text.path)


def _lying_with(folder: Path, config: TextMessage, path: str) -> Iterator[Fit]:
    for name in BESIDE:
        place = folder / name
        if (place.is_dir() or place.with_name(f"{name}.index").is_file()) and (model := _weights_at(str(place))):
            if from_names({spec.name: spec.shape for spec in model.tensors.specs}) is not None:
                yield Fit(str(place), model, config, path)
            return


def _weights_at(path: str) -> ModelFile | None:
    """Return the weights at a path; None where it holds none that can be read."""
    try:
        model = formats.open_source(path)
    except LoadstoneError:
        return None
    holders = [model, *model.parts]
    return next((one for one in holders if one.format in WEIGHTS and len(one.tensors)), None)
