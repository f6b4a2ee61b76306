"""A recognised detector with the file's weights, before any engine: what the Keras model and the plan are made from.

What it is: the detector's description, each variable's array, and the account of where it came from.
What it is not: a network of any framework.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loadstone.blueprint.initial_values import initial_values
from loadstone.blueprint.reader import AnyBlueprint
from loadstone.errors import FormatError, LoadstoneError, UnsupportedModelError
from loadstone.facts.filling import WeightReport
from loadstone.formats.registry import open_source
from loadstone.runtime.described import description_of
from loadstone.runtime.fitting import averaged, matched, misfit, needed, newly, without
from loadstone.runtime.found_labels import counted_from, found_labels
from loadstone.runtime.keras.keras_containers import as_checkpoint
from loadstone.runtime.no_detector import no_detector
from loadstone.runtime.wish import AS_FOUND, Wish

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts import ModelFile
    from loadstone.wire.textmessage import TextMessage

VALUES_ELSEWHERE = ("metagraph",)
"""Formats that name variables without holding them; the checkpoint beside them is a source of its own."""


BUILT = "built"
"""The `source_format` of a detector that comes from no file."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A detector whose every variable has its array, by object-graph key; `labels` count from 1.

    `config` is the parsed configuration that describes it, `origin` says whose words that is, `assumed`
    what neither the weights nor a configuration say.
    """

    source: str
    source_format: str
    blueprint: AnyBlueprint
    config: TextMessage
    values: Mapping[str, npt.NDArray[Any]]
    labels: Mapping[int, str]
    report: WeightReport
    origin: str
    assumed: tuple[str, ...] = ()
    built: bool = False
    """Whether the blueprint comes from a builder, and the configuration has only the words that training reads."""

    @property
    def note(self) -> str:
        """What a person is told: from what it was rebuilt, and how many variables were filled."""
        anew = len(self.report.initialised)
        if self.source_format == BUILT:
            return f"built from {self.origin}: {len(self.report.matched)} variables of the backbone, {anew} new"
        filled = f"{len(self.report.matched)} of {self.report.total} variables"
        return f"rebuilt natively from {self.origin}: {filled}" + (f", {anew} initialised anew" if anew else "")

    @property
    def notes(self) -> tuple[str, ...]:
        """The note, and what was assumed."""
        return (self.note, *self.assumed)


def rebuild_source(source: str, wish: Wish = AS_FOUND) -> Rebuilt:
    """Rebuild the first detector in a file, folder or checkpoint; see `rebuild_any`."""
    return rebuild_any(open_source(source), wish)


def rebuild_any(model: ModelFile, wish: Wish = AS_FOUND) -> Rebuilt:
    """Rebuild the first detector among a model and its parts; `UnsupportedModelError` where none is rebuilt."""
    failed: LoadstoneError | None = None
    for part in (model, *model.parts):
        try:
            if (found := rebuild(part, wish)) is not None:
                return found
        except UnsupportedModelError as error:
            failed = failed or error
        if not part.complete and part.tensors:
            failed = failed or incomplete(part)
    raise failed or no_detector(model)


def incomplete(model: ModelFile) -> UnsupportedModelError:
    """Return the error for a model that lacks a file, or part of one."""
    lacking = [f"{file.path} is {file.state}" for file in model.files if file.state != "present"]
    return UnsupportedModelError(
        "the model is not complete, so it cannot be rebuilt",
        where=model.source,
        found=", ".join(lacking[:5]) or "values that cannot be read",
        help=f"loadstone inspect {model.source}",
    )


def rebuild(model: ModelFile, wish: Wish = AS_FOUND) -> Rebuilt | None:
    """Rebuild the detector in a file; None where the file is none, or nothing describes it.

    Raises `UnsupportedModelError` with the reason where a detector is described but is not rebuilt, and `FormatError`
    where its weights hold no numbers.
    """
    if not model.complete or model.format in VALUES_ELSEWHERE or not model.tensors:
        return None
    model = as_checkpoint(model)
    described = description_of(model, wish)
    if described is None:
        return None
    blueprint, config = described.blueprint, described.config
    found = needed(matched(blueprint, model), blueprint)
    anew = newly(described, found, model) if wish.num_classes else ()
    found = without(found, anew)
    if not found.complete:
        raise misfit(described, found, model)
    if any("_quant/" in name for name in found.unused):
        raise UnsupportedModelError("the weights are for 8-bit arithmetic, which is not rebuilt here")
    if blueprint.unsupported:
        raise UnsupportedModelError(f"{blueprint.unsupported[0]} is not known here")
    chosen = averaged(found.matched, model) if described.averages else found.matched
    values = read_values(model, chosen)
    values |= initial_values(config, anew)
    report = WeightReport(
        model.source, dict(chosen), unused=found.unused, initialised=tuple(variable.key for variable in anew)
    )
    labels = {} if wish.num_classes and anew else counted_from(1, found_labels(model))
    return Rebuilt(
        model.source,
        model.format,
        blueprint,
        config,
        values,
        labels,
        report,
        described.origin,
        described.assumed,
        described.built,
    )


def read_values(model: ModelFile, chosen: Mapping[str, str]) -> dict[str, npt.NDArray[Any]]:
    """Return each variable's array; `FormatError` where one holds NaN or infinity."""
    import numpy as np

    values = {key: np.asarray(model.tensors[name], np.float32) for key, name in chosen.items()}
    if broken := [chosen[key] for key, array in values.items() if not np.isfinite(array).all()]:
        raise FormatError(
            f"the weights hold NaN or infinity in {len(broken):,} of {len(values):,} variables",
            where=f"{model.source}: {', '.join(broken[:3])}{', …' if len(broken) > 3 else ''}",
            expected="finite numbers",
            help="take an earlier checkpoint: training had diverged when this one was written",
        )
    return values
