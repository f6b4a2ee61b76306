"""TFRecords of the Object Detection API: a `tf.train.Example` for each picture, and a label map beside them.

What it is: the reader, without TensorFlow. Annotations are read when the dataset is opened, hopping from header to
header; a picture's bytes stay in the file until they are wanted, and their checksum is verified then; so do masks,
`image/object/mask`, as PNG or as numbers, which their content tells. Boxes are fractions of the stored picture (its
EXIF orientation is not applied, as the original does not), and become pixels by `image/height` and `image/width`.
With a label map the class is that of `class/text`, by either of the map's words, and of `class/label` where the record
has no text; without one it is that of `class/label`. Both are the original's rule.
Specification: object_detection/core/tf_example_decoder of tensorflow/models, as a list of features.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from loadstone.datasets.class_list import ClassList, find_class_list, from_numbers
from loadstone.datasets.masks import number_mask, picture_mask
from loadstone.datasets.objects import make_objects
from loadstone.datasets.pictures import visible
from loadstone.datasets.readers.gathered import Gathered
from loadstone.datasets.readers.place import Place, folder_of
from loadstone.datasets.readers.record_fields import Record, parse_record
from loadstone.datasets.split_names import split_of
from loadstone.errors import ChecksumError, LimitError, LoadstoneError
from loadstone.facts.dataset import Dataset, Example, Objects, ReadBytes
from loadstone.facts.masks import Mask
from loadstone.formats.record_compression import compression_of, unpacked, unpacked_head
from loadstone.formats.trees.tree import DiskTree, Tree
from loadstone.wire.limits import DATASET_FILES, MEMBER_BYTES, shown
from loadstone.wire.picture import head
from loadstone.wire.picture_names import PICTURE_SUFFIXES
from loadstone.wire.protobuf import Buffer
from loadstone.wire.tfrecord import (
    FOOTER_BYTES,
    HEADER_BYTES,
    read_records,
    record_spans,
    starts_as_records,
    verify_record,
)

FORMAT = "tfrecord"

_WORDS = 6
_SHARD = re.compile(r"-\d{5}-of-(\d{5})")
_NOT_RECORDS = (*PICTURE_SUFFIXES, ".xml", ".json", ".csv", ".yaml", ".yml", ".pbtxt", ".txt", ".py", ".md")


def sniff(place: Place, name: str) -> bool:
    """Whether a file begins as a record, plain or compressed."""
    if name.lower().endswith(_NOT_RECORDS):
        return False
    head_bytes = place.tree.head(name)
    return starts_as_records(head_bytes) or starts_as_records(unpacked_head(head_bytes))


@dataclass(frozen=True, slots=True)
class _Found:
    """A record that was read: which it is, the size of its picture, and how to get at that."""

    where: str
    split: str
    record: Record
    size: tuple[int, int]
    read: ReadBytes
    part: Callable[[int, int], bytes]
    """Gives the bytes at a place, counted as the record counts them, without looking at their checksum."""


@dataclass(slots=True)
class _State:
    """What is learned while files are read: classes as records call them, names of keypoints, and counts to tell."""

    seen: dict[int, str] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    points: tuple[str, ...] = ()
    masks: int = 0
    disagree: int = 0
    unknown: int = 0
    unnumbered: int = 0
    strange: dict[str, None] = field(default_factory=dict)
    """Texts that the label map does not have, the first few."""


def read(place: Place) -> Dataset:
    """Read every file; a broken one is left out from where it breaks."""
    gathered = Gathered(place.source, FORMAT)
    state = _State()
    found: list[_Found] = []
    for name in place.names:
        try:
            for one in _records(place.tree, name, gathered):
                if len(found) >= DATASET_FILES:
                    raise LimitError(f"more than {DATASET_FILES:,} records", where=name)
                found.append(one)
                _learn(state, one.record)
        except LoadstoneError as error:
            gathered.skip(name, f"what comes after this is not read: {error}")
    _tell_missing(place, gathered)
    classes = _classes(place, state, gathered)
    by_name, by_id = classes.by_name() if classes.where else {}, classes.by_id()
    for one in found:
        gathered.add(_example(state, one, by_name, by_id), one.split)
    return gathered.dataset(classes.names, classes.ids, state.points, _notes(state))


def _notes(state: _State) -> list[str]:
    notes = []
    if state.masks:
        why = "neither a PNG for each object nor a float32 number for each pixel"
        notes.append(f"the masks of {state.masks:,} pictures (image/object/mask) are {why}; their boxes are read")
    if state.disagree:
        notes.append(f"of {state.disagree:,} objects, class/text and class/label are two classes: the text counts")
    if state.unnumbered:
        notes.append(
            f"the class/label of {state.unnumbered:,} objects is no class's number, so that they have no class"
        )
    if state.unknown:
        words = ", ".join(map(repr, state.strange))
        fact = (
            f"the class/text of {state.unknown:,} objects is not in the label map, so that they have no class: {words}"
        )
        notes.append(fact)
    return notes


def _classes(place: Place, state: _State, gathered: Gathered) -> ClassList:
    """Return the classes of the user's file, of the label map nearest to the records, or as the records call them."""
    if place.given is not None:
        return _from_1(place.given)
    near = folder_of(place.names[0]) if place.names else ""
    names = [name for name in place.tree.sizes if visible(name)]
    ordered = sorted(names, key=lambda name: (folder_of(name) != near, name.count("/"), name))
    found = find_class_list(place.tree, ordered, lists=True)
    if found is not None and (not state.texts or state.texts & found.by_name().keys()):
        return _from_1(found)
    why = f"the classes of {found.where} are not those of the records" if found else "no label map can be read here"
    gathered.note(f"{why}: classes are called as the records call them, by number where they do not")
    return from_numbers(dict(sorted(state.seen.items())))


def _from_1(classes: ClassList) -> ClassList:
    """Return classes whose numbers are those of records.

    A list of names counts from 0 and records from 1. A label map's numbers are the records' own; its 0 is theirs too,
    unless it is the background's, which no object has.
    """
    if 0 not in classes.ids:
        return classes
    if not classes.where.lower().endswith(".pbtxt"):
        return replace(classes, ids=tuple(range(1, len(classes.names) + 1)))
    if classes.names[0].lower() != "background":
        return classes
    words = {word: position - 1 for word, position in classes.words.items() if position}
    return replace(classes, names=classes.names[1:], ids=classes.ids[1:], words=words)


def _records(tree: Tree, name: str, gathered: Gathered) -> Iterator[_Found]:
    """Yield each record of a file that is an annotated picture. No file stays open or mapped."""
    with _mapped(tree, name) as data:
        packed = compression_of(bytes(data[:16])) != ""
        for number, (buffer, start, end) in enumerate(_unpacked(data) if packed else _plain(data)):
            where = f"{name}: record {number}"
            try:
                record = parse_record(buffer, start, end)
            except LoadstoneError as error:
                gathered.skip(where, error)
                continue
            size = (record.width, record.height)
            if not all(size):
                size = _own_size(buffer, record, where)
            span = (record.span[0] - start, record.span[1] - start)
            get: ReadBytes = partial(_picture, tree, name, start, end, span, where)
            part = partial(_part, tree, name)
            if packed:
                part = partial(_cut, bytes(buffer))
                get = partial(part, *span)
            yield _Found(where, split_of(name), record, size, get, part)


def _cut(record: bytes, start: int, end: int) -> bytes:
    """Return a part of a record that is in memory."""
    return record[start:end]


def _part(tree: Tree, name: str, start: int, end: int) -> bytes:
    return tree.part(name, start, end) if isinstance(tree, DiskTree) else bytes(tree.view(name)[start:end])


def _mapped(tree: Tree, name: str) -> AbstractContextManager[Buffer]:
    return tree.mapped(name) if isinstance(tree, DiskTree) else nullcontext(tree.view(name))


def _plain(data: Buffer) -> Iterator[tuple[Buffer, int, int]]:
    """Yield (buffer, start, end) of each record."""
    return ((data, start, end) for start, end in record_spans(data))


def _unpacked(data: Buffer) -> Iterator[tuple[Buffer, int, int]]:
    """Yield (buffer, start, end) of each record of a compressed file; they are held in memory, up to a cap."""
    total = 0
    for record in read_records(unpacked(data)):
        total += len(record)
        if total > MEMBER_BYTES:
            expected = f"at most {shown(MEMBER_BYTES)}"
            raise LimitError("a compressed file of more than is held in memory", expected=expected, help="unpack it")
        yield record, 0, len(record)


def _learn(state: _State, record: Record) -> None:
    state.masks += record.mask_kind == "strange"
    if not state.points and record.keypoints is not None:
        count = record.keypoints.shape[1]
        state.points = record.points if len(record.points) == count else tuple(map(str, range(count)))
    for label, text in zip(record.labels, record.texts, strict=True):
        if text:
            state.texts.add(text)
        if label > 0 and state.seen.get(label, str(label)) == str(label):
            state.seen[label] = text or str(label)


def _tell_missing(place: Place, gathered: Gathered) -> None:
    """Say which shards of a set are not read."""
    taken, told = set(place.names), set()
    for name in place.names:
        match = _SHARD.search(name)
        if match is None or (stem := name[: match.start()]) in told:
            continue
        told.add(stem)
        wanted = (f"{stem}-{at:05d}-of-{match[1]}{name[match.end() :]}" for at in range(int(match[1])))
        absent = [shard for shard in wanted if shard not in taken]
        if absent:
            gathered.skip(name, f"of its set of {int(match[1]):,}, {len(absent):,} are not read, such as {absent[0]}")


def _example(state: _State, found: _Found, by_name: Mapping[str, int], by_id: Mapping[int, int]) -> Example:
    record = found.record
    objects = replace(_objects(state, record, found.size, by_name, by_id), masks=_masks(state, found))
    verified = None
    if record.whole_labels is not None:
        there = {by_id[label] for label in record.whole_labels if label in by_id}
        verified = tuple(sorted({*there, *objects.classes.tolist()} - {-1}))
    called = record.name or record.source_id or found.where
    return Example(
        called,
        found.where,
        *found.size,
        objects,
        found.read,
        verified=verified,
        id=record.source_id,
        upright=False,
    )


def _masks(state: _State, found: _Found) -> tuple[Mask | None, ...] | None:
    """Return each object's mask. Its bytes are read without their record's checksum: the picture is, with it."""
    record, (width, height), count = found.record, found.size, len(found.record.labels)
    if record.mask_kind == "pictures":
        return tuple(picture_mask(partial(found.part, *span)) if span[0] < span[1] else None for span in record.masks)
    if record.mask_kind != "numbers":
        return None
    (start, end), step = record.masks[0], 4 * width * height
    if end - start != step * count:
        state.masks += 1
        return None
    begins = (start + step * row for row in range(count))
    return tuple(number_mask(partial(found.part, at, at + step), height, width) for at in begins)


def _own_size(data: Buffer, record: Record, where: str) -> tuple[int, int]:
    """Return the stored picture's size, for a record that does not state one; (0, 0) for a picture that is broken."""
    try:
        found = head(io.BytesIO(data[record.span[0] : record.span[1]]), where=where)
    except LoadstoneError:
        return 0, 0
    return found.width, found.height


def _picture(tree: Tree, name: str, start: int, end: int, span: tuple[int, int], where: str) -> bytes:
    """Return the encoded picture of a record, `span` within it, once the record's checksum holds."""
    first = start - HEADER_BYTES
    data = _part(tree, name, first, end + FOOTER_BYTES)
    try:
        verify_record(data, HEADER_BYTES, HEADER_BYTES + end - start)
    except LoadstoneError as error:
        place = f"{where}, byte {first:,}"
        raise ChecksumError(error.fact, where=place, expected=error.expected, found=error.found) from error
    return data[HEADER_BYTES + span[0] : HEADER_BYTES + span[1]]


def _objects(
    state: _State, record: Record, size: tuple[int, int], by_name: Mapping[str, int], by_id: Mapping[int, int]
) -> Objects:
    keypoints = record.keypoints
    if keypoints is not None and keypoints.shape[1] == len(state.points):
        keypoints = keypoints * (*size, 1.0)
    elif state.points:
        keypoints = np.zeros((len(record.labels), len(state.points), 3))
    classes = []
    for label, text in zip(record.labels, record.texts, strict=True):
        counted = by_id.get(label, -1)
        said = by_name.get(text, -1) if text and by_name else counted
        state.disagree += said >= 0 and counted >= 0 and said != counted
        if said < 0:
            by_text = bool(text and by_name)
            state.unknown += by_text
            if by_text and len(state.strange) < _WORDS:
                state.strange.setdefault(text)
            state.unnumbered += not by_text
        classes.append(said)
    return make_objects(
        record.boxes * (*size, *size),
        classes,
        crowd=record.flags["is_crowd"],
        difficult=record.flags["difficult"],
        group_of=record.flags["group_of"],
        weights=record.weights,
        keypoints=keypoints if state.points else None,
        areas=record.areas,
    )
