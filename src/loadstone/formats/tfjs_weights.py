"""The weights of a TensorFlow.js model: groups of weights laid end to end over shard files.

What it is: the manifest checked, every shard's expected size, and lazy tensors (quantised ones as real values).
What it is not: a fetcher; the paths in a manifest name files in the model's own folder, or nothing.
Specification: tfjs-core, io/types.ts (WeightsManifestConfig); tensorflowjs_converter writes shards of 4 MiB.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loadstone.errors import FormatError, TruncatedError
from loadstone.facts import FileFact, LazyTensor, Role, TensorSpec
from loadstone.formats.array_shape import check_array_shape
from loadstone.formats.checkpoint.shards import file_fact
from loadstone.formats.registry import Candidate
from loadstone.wire.limits import MIB, TENSOR_DIMENSION, TENSOR_RANK, TFJS_WEIGHTS, shown
from loadstone.wire.zipguard import safe_name

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SHARD_BYTES = 4 * MIB
"""What the converter puts into one shard unless told otherwise."""

_WIDTHS = {"float32": 4, "int32": 4, "complex64": 8, "float16": 2, "uint16": 2, "uint8": 1, "int8": 1, "bool": 1}

_REAL = {
    "uint8": ("uint8", "float32", "int32"),
    "uint16": ("uint16", "float32", "int32"),
    "float16": ("float16", "float32"),
}
"""Stored type → the types that it may stand for by quantisation."""


@dataclass(frozen=True, slots=True)
class Weight:
    """One entry of the manifest. `stored` is the type in the shards; `scale` and `least` undo a quantisation."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    stored: str
    start: int
    nbytes: int
    scale: float | None = None
    least: float = 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """Weights that lie end to end in a row of shards. `nbytes` is None where a string tensor hides the rest's place."""

    paths: tuple[str, ...]
    weights: tuple[Weight, ...]
    nbytes: int | None


def parse_manifest(manifest: Any, where: str) -> list[Group]:
    """Return the groups of a `weightsManifest`."""
    groups = []
    left = TFJS_WEIGHTS
    for number, entry in enumerate(_list(manifest, where)):
        place = f"{where}[{number}]"
        fields = _object(entry, place)
        paths = tuple(_text(path, f"{place}.paths") for path in _list(fields.get("paths"), f"{place}.paths"))
        weights, nbytes = _weights(_list(fields.get("weights"), f"{place}.weights"), f"{place}.weights")
        left -= len(weights) + len(paths)
        if left < 0:
            raise FormatError("the manifest lists too many weights", where=place, expected=f"at most {TFJS_WEIGHTS:,}")
        groups.append(Group(paths, weights, nbytes))
    return groups


def _weights(entries: list[Any], where: str) -> tuple[tuple[Weight, ...], int | None]:
    """Lay the weights end to end; what follows a string tensor has no place that is known beforehand."""
    weights: list[Weight] = []
    at = 0
    for number, entry in enumerate(entries):
        weight = _weight(_object(entry, f"{where}[{number}]"), at, f"{where}[{number}]")
        if weight.dtype == "string":
            return tuple(weights), None
        weights.append(weight)
        at += weight.nbytes
    return tuple(weights), at


def _weight(entry: dict[str, Any], start: int, where: str) -> Weight:
    dtype = _text(entry.get("dtype"), f"{where}.dtype")
    shape = tuple(_side(side, f"{where}.shape") for side in _list(entry.get("shape"), f"{where}.shape"))
    if len(shape) > TENSOR_RANK:
        raise FormatError("a weight has too many dimensions", where=f"{where}.shape", found=str(len(shape)))
    quantisation = _object(entry.get("quantization") or {}, f"{where}.quantization")
    stored = _text(quantisation.get("dtype", dtype), f"{where}.quantization.dtype")
    if dtype != "string" and not (stored in _WIDTHS and dtype in _REAL.get(stored, (stored,))):
        raise FormatError(
            "a weight has an unknown type",
            where=where,
            expected=", ".join(_WIDTHS),
            found=f"{dtype} stored as {stored}",
        )
    scale = quantisation.get("scale")
    return Weight(
        name=_text(entry.get("name"), f"{where}.name"),
        dtype=dtype,
        shape=shape,
        stored=stored,
        start=start,
        nbytes=math.prod(shape) * _WIDTHS.get(stored, 0),
        scale=None if scale is None else _real(scale, f"{where}.quantization.scale"),
        least=_real(quantisation.get("min", 0.0), f"{where}.quantization.min"),
    )


def shard_facts(candidate: Candidate, group: Group) -> tuple[FileFact, ...]:
    """Return what lies in the place of each shard, with the size it should have where that is known."""
    names = [_own_name(candidate, path) for path in group.paths]
    sizes = [candidate.tree.size(name) if name else None for name in names]
    expected = expected_sizes(group.nbytes, sizes)
    facts = []
    for path, name, size in zip(group.paths, names, expected, strict=True):
        if name:
            found = file_fact(candidate.tree, name, "weights", size)
            facts.append(FileFact(path, "weights", found.size, found.expected, found.state))
        else:
            facts.append(FileFact(path, "weights", None, size, "missing"))
    return tuple(facts)


def _own_name(candidate: Candidate, path: str) -> str:
    """Return the tree name of a shard; empty for a path that leaves the model's folder."""
    plain, unsafe = safe_name(path)
    name = candidate.beside(plain)
    if unsafe or ("/" in plain and name not in candidate.tree.sizes):
        return ""
    return name


def expected_sizes(total: int | None, sizes: list[int | None]) -> list[int | None]:
    """Return the size of each shard of a group of `total` bytes, None where it cannot be told.

    Shards that follow the converter's habit are known one by one; else one missing shard is what the others lack.
    """
    count = len(sizes)
    if total is None or not count:
        return [None] * count
    habit = [SHARD_BYTES] * (count - 1) + [total - SHARD_BYTES * (count - 1)]
    if 0 < habit[-1] <= SHARD_BYTES:
        return list(habit)
    if count == 1:
        return [total]
    missing = [place for place, size in enumerate(sizes) if size is None]
    known = sum(size for size in sizes if size is not None)
    # With every shard here, it is the last one that a broken transfer cuts.
    lacking = missing or [count - 1]
    spare = total - known + sum(sizes[place] or 0 for place in lacking)
    return [spare if lacking == [place] and spare > 0 else sizes[place] for place in range(count)]


def lazy_tensors(candidate: Candidate, group: Group, *, constants: bool) -> Iterator[LazyTensor]:
    """Yield the group's weights; whole-number ones count as constants in a graph."""
    for weight in group.weights:
        role: Role = "constant" if constants and weight.dtype != "float32" else "weight"
        yield LazyTensor(
            TensorSpec(weight.name, weight.dtype, weight.shape, nbytes=weight.nbytes, role=role),
            _reader(candidate, group, weight),
        )


def _reader(candidate: Candidate, group: Group, weight: Weight) -> Callable[[], npt.NDArray[Any]]:
    def read() -> npt.NDArray[Any]:
        return _array(_bytes(candidate, group, weight), weight)

    return read


def _bytes(candidate: Candidate, group: Group, weight: Weight) -> bytes | memoryview:
    """Return a weight's bytes from the shard or shards that hold them."""
    pieces: list[memoryview] = []
    begin, end, at = weight.start, weight.start + weight.nbytes, 0
    for fact in shard_facts(candidate, group):
        size = fact.size if fact.expected is None else fact.expected
        if size is None:
            raise TruncatedError(f"the shard {fact.path!r} is missing, and what follows it has no known place")
        if begin < at + size and at < end:
            pieces.append(_slice(candidate, fact, max(begin, at) - at, min(end, at + size) - at))
        at += size
    if sum(len(piece) for piece in pieces) < weight.nbytes:
        raise TruncatedError(f"the shards end before the weight {weight.name!r}", expected=f"{end:,}", found=f"{at:,}")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _slice(candidate: Candidate, fact: FileFact, start: int, end: int) -> memoryview:
    size = 0 if fact.state in ("missing", "lfs-pointer") else fact.size or 0
    if end > size:
        raise TruncatedError(
            f"the shard {fact.path!r} is not whole",
            where=fact.path,
            expected=f"at least {shown(end)}",
            found=fact.state if fact.state != "present" else shown(size),
        )
    return memoryview(candidate.tree.view(candidate.beside(safe_name(fact.path)[0])))[start:end]


def _array(raw: bytes | memoryview, weight: Weight) -> npt.NDArray[Any]:
    """Return the values; quantised ones are stored * scale + min."""
    import numpy as np

    check_array_shape(weight.shape, weight.name)
    stored = np.frombuffer(raw, np.dtype(weight.stored).newbyteorder("<")).reshape(weight.shape)
    if weight.scale is None:
        return stored if weight.stored == weight.dtype else stored.astype(weight.dtype)
    with np.errstate(all="ignore"):  # A hostile scale makes infinities, which are values too.
        real: npt.NDArray[np.float64] = stored.astype(np.float64) * weight.scale + weight.least
        return np.rint(real).astype(np.int32) if weight.dtype == "int32" else real.astype(np.float32)


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise FormatError("not a list", where=where, found=type(value).__name__)
    return value


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FormatError("not an object", where=where, found=type(value).__name__)
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise FormatError("not a text", where=where, found=type(value).__name__)
    return value


def _side(value: Any, where: str) -> int:
    if type(value) is not int or not 0 <= value <= TENSOR_DIMENSION:
        raise FormatError(
            "not a side of a tensor", where=where, expected=f"0 to {TENSOR_DIMENSION:,}", found=str(value)[:80]
        )
    return value


def _real(value: Any, where: str) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise FormatError("not a finite number", where=where, found=str(value)[:80])
    return float(value)
