"""The datasets of an HDF5 file as lazy tensors, with what is wrong about them said once each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loadstone.errors import LoadstoneError
from loadstone.facts import LazyTensor, Role, TensorSpec
from loadstone.formats.keras.keras_attributes import text_attribute
from loadstone.wire.hdf5 import Dataset, Group, Hdf5File, Node
from loadstone.wire.hdf5.data import widened_bfloat16
from loadstone.wire.limits import shown

if TYPE_CHECKING:
    from loadstone.wire.hdf5.data import Array

FLETCHER32 = "fletcher32"
_MOST_NOTES = 8


@dataclass(frozen=True, slots=True)
class Contents:
    """The tensors of a file, sentences about what is odd, and whether all values lie in it."""

    tensors: tuple[LazyTensor, ...]
    notes: tuple[str, ...]
    complete: bool


def read_contents(file: Hdf5File, role: Callable[[str], Role]) -> Contents:
    """Index every dataset of the file; `role` says what a path holds. Nothing is decoded."""
    broken: list[LoadstoneError] = []
    tensors: list[LazyTensor] = []
    odd: list[str] = []
    missing = 0
    for node in [file.root, *file.walk(broken)]:
        if isinstance(node, Group):
            odd += _odd_links(node)
        elif isinstance(node, Dataset):
            tensor, problem = _tensor(file, node, role)
            tensors.append(tensor)
            missing += bool(problem)
            odd += [problem] if problem else []
    notes = [*(f"cannot be read: {error}" for error in broken), *odd]
    if len(notes) > _MOST_NOTES:
        notes = [*notes[:_MOST_NOTES], f"{len(notes) - _MOST_NOTES:,} more faults of these kinds"]
    return Contents(tuple(tensors), tuple(notes), complete=not broken and not missing)


def _odd_links(group: Group) -> Iterator[str]:
    """Yield a sentence for each link that is not followed."""
    try:
        links = group.links.values()
    except LoadstoneError:
        # The walk has noted it.
        return
    for link in links:
        if link.kind != "hard":
            path = f"{group.path.rstrip('/')}/{link.name}"
            article = "an" if link.kind == "external" else "a"
            yield f"{path} is {article} {link.kind} link to {link.target!r}; it is not followed"


def _tensor(file: Hdf5File, dataset: Dataset, role: Callable[[str], Role]) -> tuple[LazyTensor, str]:
    """Return the tensor, and what keeps its values from being read (an empty string where nothing does)."""
    name = dataset.path.strip("/")
    stored, problem = _stored(file, dataset)
    spec = TensorSpec(name, tensor_dtype(dataset), dataset.shape, stored, role(name), _layer_name(file, name))
    checked = any(step.name == FLETCHER32 for step in dataset.filters)
    return LazyTensor(spec, reader(dataset), _verifier(dataset) if checked else None), problem


def _layer_name(file: Hdf5File, name: str) -> str:
    """Return `<layer>/<number>` where Keras 3 recorded its layer's name on the group of numbered arrays, else nothing.

    The path itself counts layers of a class (`layers/conv2d_3/vars/0`).
    """
    group, _, number = name.rpartition("/")
    if not group.endswith("/vars"):
        return ""
    try:
        found = file.find(group)
        layer = text_attribute(found, "name") if isinstance(found, Group) else ""
    except LoadstoneError:
        return ""
    return f"{layer}/{number}" if layer else ""


def _stored(file: Hdf5File, dataset: Dataset) -> tuple[int, str]:
    if dataset.elsewhere:
        return 0, f"{dataset.path}: its values lie in another file ({dataset.elsewhere}), which is not opened"
    span = dataset.span
    size = len(file.source.data)
    if span is not None and span[0] + span[1] > size:
        short = span[0] + span[1] - size
        return min(
            span[1], max(0, size - span[0])
        ), f"{dataset.path} is {shown(short)} short: the file ends before it does"
    try:
        return dataset.stored, ""
    except LoadstoneError as error:
        return 0, f"{dataset.path}: {error.fact}"


def tensor_dtype(dataset: Dataset) -> str:
    """Return the dtype's name; Keras 3 stores bfloat16 as opaque pairs of bytes, with the name beside them.

    In its older layout the name is left out; of Keras' types bfloat16 alone becomes two opaque bytes.
    """
    if dataset.datatype.name == "opaque2":
        stated = _stated_dtype(dataset)
        if stated == "bfloat16" or (not stated and dataset.path.startswith("/model_weights/")):
            return "bfloat16"
    return dataset.datatype.name


def _stated_dtype(node: Node) -> str:
    try:
        attribute = node.attributes.get("dtype")
        return str(attribute.value) if attribute else ""
    except LoadstoneError:
        return ""


def reader(dataset: Dataset) -> Callable[[], Array]:
    """Return the function that reads a dataset's values."""
    if tensor_dtype(dataset) == "bfloat16" and dataset.datatype.kind == "opaque":
        return lambda: widened_bfloat16(dataset.read().view("<u2"))
    return dataset.read


def _verifier(dataset: Dataset) -> Callable[[], None]:
    """Return a check of the checksums behind the chunks, which reading compares."""

    def verify() -> None:
        dataset.read()

    return verify
