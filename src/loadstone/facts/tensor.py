"""Tensors as facts: a name, a dtype and a shape, and the bytes only when somebody asks for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Shape = tuple[int | None, ...]
"""Dimensions; `None` where the file leaves one open (a batch, an image side)."""

Role = Literal["weight", "optimizer", "constant", "metadata"]
"""What a tensor is for: counted as parameters (`weight`), training state, a graph constant, or bookkeeping."""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One tensor's name, dtype and shape.

    `dtype` is NumPy's name where NumPy has one (`float32`, `uint8`, `bool`), else the field's name
    (`bfloat16`, `string`, `resource`, `variant`, `qint8`). `shape` is None where the rank is unknown.
    `nbytes` is the number of bytes that the tensor occupies in the file (0 for inputs and outputs).
    `tensor_name` is the name inside the graph (`image_tensor:0`) where it differs from `name`.
    """

    name: str
    dtype: str
    shape: Shape | None
    nbytes: int = 0
    role: Role = "weight"
    tensor_name: str = ""

    @property
    def elements(self) -> int:
        """Number of elements; 0 where the shape is not fully known."""
        if self.shape is None or any(side is None for side in self.shape):
            return 0
        return math.prod(side for side in self.shape if side is not None)


@dataclass(frozen=True, slots=True)
class LazyTensor:
    """A tensor that is read when asked.

    `read()` returns an array of `spec.shape` and `spec.dtype` (memory-mapped and read-only where the container
    allows it; `bfloat16` comes as `float32`, strings as an object array of `bytes`); it raises `FormatError`.
    `verify()` checks the checksum that the file carries for these bytes and raises `ChecksumError`;
    it is None where the container carries none.
    """

    spec: TensorSpec
    read: Callable[[], npt.NDArray[Any]]
    verify: Callable[[], None] | None = None


class Tensors(Mapping[str, "np.ndarray[Any, Any]"]):
    """A lazy mapping from tensor name to array, the same for every format, in the file's order."""

    __slots__ = ("_lazy",)

    def __init__(self, tensors: Iterable[LazyTensor] = ()) -> None:
        self._lazy = {tensor.spec.name: tensor for tensor in tensors}

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self._lazy[name].read()

    def __iter__(self) -> Iterator[str]:
        return iter(self._lazy)

    def __len__(self) -> int:
        return len(self._lazy)

    def __contains__(self, name: object) -> bool:
        return name in self._lazy

    def __repr__(self) -> str:
        return f"<{len(self)} tensors, {self.parameters:,} parameters>"

    def lazy(self, name: str) -> LazyTensor:
        """Return the tensor without reading it."""
        return self._lazy[name]

    @property
    def specs(self) -> tuple[TensorSpec, ...]:
        """Names, dtypes and shapes, in the file's order."""
        return tuple(tensor.spec for tensor in self._lazy.values())

    @property
    def all(self) -> tuple[LazyTensor, ...]:
        """Every tensor, unread, in the file's order."""
        return tuple(self._lazy.values())

    @property
    def parameters(self) -> int:
        """Number of elements in the tensors whose role is `weight`."""
        return sum(tensor.spec.elements for tensor in self._lazy.values() if tensor.spec.role == "weight")

    @property
    def nbytes(self) -> int:
        """Bytes that all tensors occupy in the file."""
        return sum(tensor.spec.nbytes for tensor in self._lazy.values())
