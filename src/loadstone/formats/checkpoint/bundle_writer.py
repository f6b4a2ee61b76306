"""Writes a tensor bundle that TensorFlow restores: one index and one data file.

What it is: tensors, sorted by name, streamed into the data file one at a time. What it is not: an atomic save;
the caller chooses a new folder and names it in a state file when all is written.
Specification: tensorflow/core/util/tensor_bundle.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from loadstone.formats.checkpoint.bundle_index import BUNDLE_VERSION
from loadstone.formats.checkpoint.shards import data_name
from loadstone.formats.checkpoint.string_tensor import encode_strings
from loadstone.formats.dtypes import NUMBERS
from loadstone.wire.crc32c import masked_crc32c
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.bundle import BUNDLE_ENTRY, BUNDLE_HEADER
from loadstone.wire.sstable_writer import write_table

if TYPE_CHECKING:
    import numpy.typing as npt

STATE_TEXT = 'model_checkpoint_path: "{name}"\nall_model_checkpoint_paths: "{name}"\n'


def write_bundle(prefix: Path, tensors: Iterable[tuple[str, npt.NDArray[Any]]]) -> None:
    """Write `prefix`.index and `prefix`.data-00000-of-00001. Arrays of `object` hold `bytes` and become strings.

    The arrays may be lazy: one is in memory at a time if the iterable makes them one at a time.
    """
    header = {"num_shards": 1, "version": {"producer": BUNDLE_VERSION}}
    entries = {b"": encode(BUNDLE_HEADER, header)}
    with open(data_name(str(prefix), 0, 1), "xb") as stream:
        for name, array in tensors:
            key = name.encode()
            if key in entries:
                raise ValueError(f"two tensors are named {name!r}")
            entries[key] = write_tensor(stream, array)
    with open(f"{prefix}.index", "xb") as stream:
        stream.write(write_table(sorted(entries.items())))


def write_state(prefix: Path) -> None:
    """Write the state file beside a checkpoint, so that its folder names it as the latest."""
    text = STATE_TEXT.format(name=prefix.name)
    (prefix.parent / "checkpoint").write_text(text, encoding="utf-8", newline="\n")


def write_tensor(stream: BinaryIO, array: npt.NDArray[Any]) -> bytes:
    """Append one tensor's bytes; returns its encoded entry."""
    offset = stream.tell()
    if array.dtype.kind == "O":
        dtype = "string"
        data, checksum = encode_strings(array.ravel().tolist())
        stream.write(data)
        size = len(data)
    else:
        dtype = array.dtype.name
        raw = _little_endian(array)
        stream.write(raw)
        size, checksum = raw.nbytes, masked_crc32c(raw)
    entry = {
        "dtype": NUMBERS[dtype],
        "shape": {"dim": [{"size": side} for side in array.shape]},
        "offset": offset,
        "size": size,
        "crc32c": checksum,
    }
    return encode(BUNDLE_ENTRY, entry)


def _little_endian(array: npt.NDArray[Any]) -> memoryview:
    """Return the array's bytes in row order, little-endian; without a copy where they are that already."""
    import numpy as np

    ordered = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return ordered.reshape(-1).view(np.uint8).data
