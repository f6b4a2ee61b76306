"""A run's folder: what it holds, by name, and how it is made and opened again.

run.json              what was asked for, what was decided, versions, seeds, the data's hash, the command line
pipeline.config       the detector's configuration, for its `.safetensors` here
label_map.pbtxt       its classes
start.safetensors     its weights before training
last.safetensors      what training goes on from: weights, optimizer, averages, progress
best.safetensors      the weights of the best epoch, under a checkpoint's keys
last.keras best.keras the trained detectors
steps.csv epochs.csv events.out.tfevents.* curves.svg   the logs
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import FormatError, RefusedError, SourceError
from loadstone.facts.filling import WeightReport
from loadstone.formats.rebuilt_member import MEMBER, read_member
from loadstone.formats.registry import open_source
from loadstone.runtime.described import described_by
from loadstone.runtime.rebuilt import Rebuilt
from loadstone.runtime.save_keras import member_of
from loadstone.training.run.checkpoint import save_arrays
from loadstone.training.run.files import unwritable, write_text, write_whole
from loadstone.wire.json import parse_json
from loadstone.wire.textdump import build, dump

if TYPE_CHECKING:
    import numpy.typing as npt

SCHEMA = 1
AGAIN = "put run.json back if you have a copy, or begin another run from the weights: --model RUN/last.keras"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The paths of a run's files."""

    path: Path

    @property
    def record(self) -> Path:
        """What was asked for and decided."""
        return self.path / "run.json"

    @property
    def config(self) -> Path:
        """The detector's configuration."""
        return self.path / "pipeline.config"

    @property
    def start(self) -> Path:
        """The weights before training."""
        return self.path / "start.safetensors"

    @property
    def last(self) -> Path:
        """What training goes on from."""
        return self.path / "last.safetensors"

    @property
    def best(self) -> Path:
        """The best epoch's weights."""
        return self.path / "best.safetensors"

    def keras(self, name: str) -> Path:
        """Return where the trained detector `last` or `best` is."""
        return self.path / f"{name}.keras"


def create_run(path: Path, record: Mapping[str, Any], rebuilt: Rebuilt) -> RunFolder:
    """Make the folder of a new run, with the detector as it is before the first step.

    Raises `RefusedError` where something lies there already, and `SourceError` where it cannot be written.
    """
    folder = RunFolder(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        refuse_taken(path)
    except OSError as error:
        raise unwritable(error, path) from error
    try:
        write_whole(path / MEMBER, lambda stream: stream.write(member_of(rebuilt).as_bytes()))
        write_text(folder.config, dump(rebuilt.config))
        write_text(path / "label_map.pbtxt", _label_map(rebuilt.labels))
        save_values(folder.start, rebuilt.values)
        write_record(folder, record)
    except SourceError as error:
        # Without its record nothing can be gone on with.
        remove_run(folder)
        help_text = "make room, or name a folder elsewhere with --output, and begin again"
        raise SourceError(f"the run cannot begin: {error.fact}", where=error.where, help=help_text) from error
    return folder


def remove_run(folder: RunFolder) -> None:
    """Leave a run's folder empty again, as it was given, where the run cannot begin."""
    for written in folder.path.iterdir():
        written.unlink()


def refuse_taken(path: Path) -> None:
    """Raise `RefusedError` where something lies in a folder that a run is to have; one that is not there is free."""
    if path.is_dir() and next(path.iterdir(), None) is not None:
        there = RunFolder(path).record.exists()
        go_on = f"go on with it: --resume {path}; or name another folder" if there else "name another"
        raise RefusedError("there is something in this folder already", where=str(path), help=go_on)


def write_record(folder: RunFolder, record: Mapping[str, Any]) -> None:
    """Write `run.json`, which makes the folder a run's."""
    write_text(folder.record, json.dumps({"schema": SCHEMA, **record}, indent=1, ensure_ascii=False) + "\n")


def open_run(path: Path) -> tuple[RunFolder, dict[str, Any]]:
    """Return the folder of a run and its record; `SourceError` where there is none, `FormatError` for a broken one."""
    folder = RunFolder(path)
    try:
        data = folder.record.read_bytes()
    except OSError as error:
        raise SourceError(
            "this is no run that can go on",
            where=str(path),
            expected="a folder with run.json",
            found=error.strerror or "",
        ) from error
    try:
        record = parse_json(data, str(folder.record))
    except FormatError as error:
        error.help = AGAIN
        raise
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise FormatError("the run's record is not of this version", where=str(folder.record))
    return folder, record


def started_from(folder: RunFolder) -> Rebuilt:
    """Return the detector of a run as it was before its first step."""
    try:
        member = read_member((folder.path / MEMBER).read_bytes())
    except OSError as error:
        raise SourceError("the run's detector is not described", where=str(folder.path / MEMBER)) from error
    found = described_by(member)
    values = load_values(folder.start)
    lacking = [key for key in found.blueprint.variables if key not in values]
    if lacking:
        raise FormatError("the run's first weights are not whole", where=str(folder.start), found=f"no {lacking[0]}")
    report = WeightReport(str(folder.start), {key: key for key in values})
    return Rebuilt(
        str(folder.path),
        "safetensors",
        found.blueprint,
        found.config,
        values,
        member.labels,
        report,
        "its run's folder",
        built=found.built,
    )


def save_values(path: Path, values: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write a detector's variables by key, as `ls.load` reads them beside their configuration."""
    save_arrays(path, {key: np.asarray(array, np.float32) for key, array in values.items()}, {})


def load_values(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return a detector's variables by key; raises as `open_source`."""
    model = open_source(str(path))
    if not model.complete:
        raise FormatError("the weights are not whole", where=str(path))
    return {spec.name: np.asarray(model.tensors[spec.name], np.float32) for spec in model.tensors.specs}


def _label_map(labels: Mapping[int, str]) -> str:
    items = [("item", build([("id", number), ("name", name)])) for number, name in sorted(labels.items())]
    return dump(build(items))
