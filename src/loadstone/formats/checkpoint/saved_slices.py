"""The variables of a V1 checkpoint: listed by each table's first entry, their slices joined when read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from loadstone.errors import FormatError, LoadstoneError
from loadstone.facts import LazyTensor, TensorSpec
from loadstone.formats.checkpoint.slices import join, slice_shape
from loadstone.formats.checkpoint.variable_roles import VariableNames, role_of
from loadstone.formats.dtypes import Dtype, dtype_of
from loadstone.formats.graph.tensor_proto import Constant
from loadstone.formats.shapes import known_shape
from loadstone.formats.trees.tree import Tree
from loadstone.wire.ordered_code import WHOLE, Extents, slice_key
from loadstone.wire.packed import count_varints
from loadstone.wire.protobuf import Message
from loadstone.wire.schemas.bundle import SAVED_TENSOR_SLICES
from loadstone.wire.sstable import Table

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class _Slice:
    """One slice, and the file whose table holds it."""

    file: str
    extents: Extents


@dataclass(slots=True)
class _Variable:
    dtype: Dtype
    shape: tuple[int, ...]
    slices: list[_Slice] = field(default_factory=list)


class SavedSlices:
    """The variables of all tables of one checkpoint. Opening reads each table's index and first entry."""

    def __init__(self, tree: Tree, files: list[str]) -> None:
        self._tables: dict[str, Table] = {}
        self._variables: dict[str, _Variable] = {}
        for file in files:
            try:
                self._tables[file] = Table(tree.view(file))
                self._add(file, self._tables[file])
            except LoadstoneError as error:
                raise error.at(file) from None

    @property
    def partitioned(self) -> int:
        """Number of variables that are stored in more than one slice."""
        return sum(len(variable.slices) > 1 for variable in self._variables.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence on variables whose slices are not all here."""
        short = [name for name, variable in self._variables.items() if not _covered(variable)]
        if not short:
            return ()
        count = "one variable lacks" if len(short) == 1 else f"{len(short):,} variables lack"
        return (f"{count} slices: {short[0]}{', …' if len(short) > 1 else ''}",)

    def lazy(self) -> Iterator[LazyTensor]:
        """Yield every variable, sorted by name; bytes are those of the values, which the file may keep shorter."""
        names = VariableNames(self._variables.keys())
        for name, variable in sorted(self._variables.items()):
            dtype = variable.dtype
            nbytes = math.prod(variable.shape) * dtype.width
            spec = TensorSpec(name, dtype.name, variable.shape, nbytes, role_of(name, dtype.name, names))
            yield LazyTensor(spec, partial(self._read, name, variable), partial(self._verify, name, variable))

    def _add(self, file: str, table: Table) -> None:
        first = table.first()
        if first is None or first[0] != b"":
            raise FormatError("the table has no list of variables", where="first key", expected="the empty key")
        for meta in Message(first[1], SAVED_TENSOR_SLICES).message("meta").messages("tensor"):
            name = meta.text("name")
            dtype = dtype_of(meta.uint("type"), f"{name}.type")
            shape = known_shape(meta.message("shape"))
            variable = self._variables.setdefault(name, _Variable(dtype, shape))
            if (variable.dtype, variable.shape) != (dtype, shape):
                raise FormatError(
                    "two shards disagree about a variable",
                    where=name,
                    expected=f"{variable.dtype.name} {list(variable.shape)}",
                    found=f"{dtype.name} {list(shape)}",
                )
            variable.slices += [_Slice(file, _extents(piece)) for piece in meta.messages("slice")]

    def _values(self, name: str, piece: _Slice) -> Message:
        """Return the TensorProto of one slice; its block's checksum is verified on the way."""
        try:
            value = self._tables[piece.file].get(slice_key(name, piece.extents))
            if value is None:
                raise FormatError("a slice that is listed is not in the table", expected=f"{list(piece.extents)}")
            return Message(value, SAVED_TENSOR_SLICES).message("data").message("data")
        except LoadstoneError as error:
            raise error.at(piece.file) from None

    def _read(self, name: str, variable: _Variable) -> npt.NDArray[Any]:
        parts = [(piece.extents, partial(self._part, name, variable, piece)) for piece in variable.slices]
        try:
            return join(variable.shape, parts)
        except LoadstoneError as error:
            raise error.at(name) from None

    def _part(self, name: str, variable: _Variable, piece: _Slice) -> npt.NDArray[Any]:
        values = self._values(name, piece)
        shape = slice_shape(variable.shape, piece.extents)
        found = _count(values, variable.dtype)
        if found != math.prod(shape):
            raise FormatError(
                "a slice has another number of values than its shape",
                where=values.where,
                expected=f"{math.prod(shape):,} for {list(shape)}",
                found=f"{found:,}",
            )
        return Constant(values, variable.dtype, shape).read()

    def _verify(self, name: str, variable: _Variable) -> None:
        try:
            for piece in variable.slices:
                self._values(name, piece)
        except LoadstoneError as error:
            raise error.at(name) from None


def _covered(variable: _Variable) -> bool:
    shapes = (slice_shape(variable.shape, piece.extents) for piece in variable.slices)
    return sum(map(math.prod, shapes)) == math.prod(variable.shape)


def _extents(piece: Message) -> Extents:
    """Return the extents of a TensorSliceProto; a length that is not written means the whole dimension."""
    return tuple(
        (extent.sint("start"), extent.sint("length") if "length" in extent else WHOLE)
        for extent in piece.messages("extent")
    )


_PACKED_WIDTHS = {"float_val": 4, "double_val": 8, "scomplex_val": 8, "dcomplex_val": 16}


def _count(values: Message, dtype: Dtype) -> int:
    """Return how many values a TensorProto lists, in whichever field it lists them."""
    content = values.span("tensor_content")
    if content is not None and dtype.width:
        return (content[1] - content[0]) // dtype.width
    count = 0
    for name, (number, _) in values.kind.fields.items():
        if not name.endswith("_val"):
            continue
        for entry in values.entries.get(number, ()):
            packed = isinstance(entry, tuple) and name != "string_val"
            count += _packed_count(values, name, entry) if packed and isinstance(entry, tuple) else 1
    return count


def _packed_count(values: Message, name: str, span: tuple[int, int]) -> int:
    start, end = span
    if name in _PACKED_WIDTHS:
        return (end - start) // _PACKED_WIDTHS[name]
    return count_varints(values.data, start, end)
