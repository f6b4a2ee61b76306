"""What a training goes on from: every array that moves and the progress, in one safetensors file.

The arrays have the names of `Step.state`; the progress is JSON in the header's metadata. Nothing in the file runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import FormatError, LoadstoneError
from loadstone.formats.registry import open_source
from loadstone.training.run.files import write_whole
from loadstone.training.run.progress import Progress, progress_of
from loadstone.wire.json import parse_json
from loadstone.wire.limits import SAFETENSORS_HEADER
from loadstone.wire.safetensors_writer import METADATA, Entry, SafetensorsWriter

if TYPE_CHECKING:
    from typing import IO

    import numpy.typing as npt

    Arrays = Mapping[str, npt.NDArray[Any]]

PROGRESS = "loadstone.training.progress"
"""The metadata's name of the progress."""

TYPES = {
    "float32": "F32",
    "float16": "F16",
    "float64": "F64",
    "int32": "I32",
    "int64": "I64",
    "uint32": "U32",
    "bool": "BOOL",
}
"""NumPy's name of a type → the format's."""


def save_arrays(path: Path, arrays: Arrays, metadata: Mapping[str, str]) -> None:
    """Write arrays by name; `SourceError` where that fails, and the file before it is untouched."""

    def write(stream: IO[bytes]) -> None:
        kept = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()}
        entries = [Entry(name, TYPES[str(array.dtype)], array.shape) for name, array in kept.items()]
        writer = SafetensorsWriter(stream, entries, metadata)
        for entry in entries:
            writer.add(entry, kept[entry.name].reshape(-1).view(np.uint8).data)
        writer.finish()

    write_whole(path, write)


def save_checkpoint(path: Path, state: Arrays, progress: Progress) -> None:
    """Write a state and its progress; raises as `save_arrays`."""
    save_arrays(path, state, {PROGRESS: json.dumps(progress.as_json())})


def load_checkpoint(path: Path) -> tuple[dict[str, npt.NDArray[Any]], Progress]:
    """Return a state and its progress. Raises `SourceError` or `FormatError` where the file is none or is broken."""
    model = open_source(str(path))
    if model.format != "safetensors" or not model.complete:
        raise FormatError("this is no whole checkpoint of a training", where=str(path), found=model.format)
    progress = progress_of(_metadata(path), str(path))
    return {spec.name: np.array(model.tensors[spec.name]) for spec in model.tensors.specs}, progress


def _metadata(path: Path) -> Any:
    """Return the progress in the header; the file has been read as safetensors before."""
    with open(path, "rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        header = parse_json(stream.read(min(length, SAFETENSORS_HEADER)), "the header")
    try:
        return parse_json(header[METADATA][PROGRESS], PROGRESS)
    except (KeyError, TypeError, LoadstoneError) as error:
        raise FormatError("this checkpoint is not of a training that can go on", where=str(path)) from error
