"""TFRecords of the Object Detection API: a `tf.train.Example` for each picture, and a label map beside them.

What it is: the reader, without TensorFlow. Annotations are read when the dataset is opened, hopping from header to
header; a picture's bytes stay in the file until they are wanted, and their checksum is verified then.
What it is not: a reader of `image/object/mask`: masks are named in a note. Boxes are fractions of the stored picture
(its EXIF orientation is not applied, as the original does not), and become pixels by `image/height` and `image/width`.
The class is that of `class/text` where the label map has it, else of `class/label`, as in the original.
Specification: object_detection/core/tf_example_decoder of tensorflow/models, as a list of features.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from loadstone.datasets.class_list import ClassList, find_class_list, from_numbers
from loadstone.datasets.example_features import Features
from loadstone.datasets.gathered import Gathered
from loadstone.datasets.objects import SEEN, make_objects
from loadstone.datasets.pictures import visible
from loadstone.datasets.place import Place
from loadstone.datasets.split_names import split_of
from loadstone.errors import FormatError, LimitError, LoadstoneError
from loadstone.facts.dataset import Dataset, Example, Objects
from loadstone.formats.record_compression import compression_of, unpacked, unpacked_head
from loadstone.wire.limits import DATASET_FILES, KEYPOINTS, MEMBER_BYTES, PICTURE_OBJECTS, shown
from loadstone.wire.picture import head
from loadstone.wire.picture_names import PICTURE_SUFFIXES
from loadstone.wire.protobuf import Buffer
from loadstone.wire.tfrecord import read_records, record_spans, starts_as_records, verify_record

if TYPE_CHECKING:
    import numpy.typing as npt

FORMAT = "tfrecord"

T = TypeVar("T")

_SIDES = ("xmin", "ymin", "xmax", "ymax")
_BOX = "image/object/bbox"
_SHARD = re.compile(r"-\d{5}-of-(\d{5})")
_NOT_RECORDS = (*PICTURE_SUFFIXES, ".xml", ".json", ".csv", ".yaml", ".yml", ".pbtxt", ".txt", ".py", ".md")


def sniff(place: Place, name: str) -> bool:
    """Whether a file begins as a record, plain or compressed."""
    if name.lower().endswith(_NOT_RECORDS):
        return False
    head_bytes = place.tree.head(name)
    return starts_as_records(head_bytes) or starts_as_records(unpacked_head(head_bytes))


@dataclass(frozen=True, slots=True)
class Record:
    """What one example says of its picture. `boxes` are fractions (G, 4) xyxy, `span` the picture's place in `data`."""

    name: str
    source_id: str
    width: int
    height: int
    boxes: npt.NDArray[np.float64]
    labels: tuple[int, ...]
    texts: tuple[str, ...]
    flags: Mapping[str, tuple[bool, ...]]
    weights: tuple[float, ...] | None
    areas: tuple[float, ...] | None
    keypoints: npt.NDArray[np.float64] | None
    points: tuple[str, ...]
    whole_labels: tuple[int, ...] | None
    masks: bool
    span: tuple[int, int]


def parse_record(data: Buffer, start: int = 0, end: int = -1) -> Record:
    """Return what the example in `data[start:end]` says. Raises `FormatError` for one that is no annotated picture."""
    features = Features(data, start, end)
    features.refuse_other()
    span = features.span("image/encoded")
    if span is None:
        raise FormatError("the feature image/encoded is empty")
    sides = [features.floats(f"{_BOX}/{side}") for side in _SIDES]
    count = len(sides[0])
    if any(len(side) != count for side in sides):
        found = ", ".join(f"{len(side):,} {name}" for side, name in zip(sides, _SIDES, strict=True))
        raise FormatError("boxes whose sides are not of the same number", expected=f"{count:,} of each", found=found)
    if count > PICTURE_OBJECTS:
        raise LimitError("more objects than a picture has", expected=f"at most {PICTURE_OBJECTS:,}", found=f"{count:,}")
    whole = features.integers("image/class/label") if "image/class/label" in features else None
    return Record(
        name=features.text("image/filename"),
        source_id=features.text("image/source_id"),
        width=max(0, features.integer("image/width")),
        height=max(0, features.integer("image/height")),
        boxes=np.asarray(sides, np.float64).T.reshape(count, 4),
        labels=_each(features.integers("image/object/class/label"), count, 0),
        texts=_each(features.texts("image/object/class/text"), count, ""),
        flags={name: _flags(features, name, count) for name in ("is_crowd", "difficult", "group_of")},
        weights=_floats(features, "weight", count),
        areas=_floats(features, "area", count),
        keypoints=_keypoints(features, count),
        points=tuple(dict.fromkeys(features.texts("image/object/keypoint/text"))),
        whole_labels=None if whole is None else tuple(whole),
        masks="image/object/mask" in features,
        span=span,
    )


def _each(values: Iterable[T], count: int, default: T) -> tuple[T, ...]:
    """Return a value for each object; a list of another length belongs to something else."""
    listed = tuple(values)
    return listed if len(listed) == count else (default,) * count


def _flags(features: Features, name: str, count: int) -> tuple[bool, ...]:
    return _each((value != 0 for value in features.integers(f"image/object/{name}")), count, False)


def _floats(features: Features, name: str, count: int) -> tuple[float, ...] | None:
    values = features.floats(f"image/object/{name}")
    return values if count and len(values) == count else None


def _keypoints(features: Features, count: int) -> npt.NDArray[np.float64] | None:
    """Return (G, K, 3) of x and y as fractions, and visibility; without one, a point at NaN or 0, 0 is not there."""
    xs, ys = (features.floats(f"image/object/keypoint/{axis}") for axis in "xy")
    if not count or not xs or len(xs) != len(ys) or len(xs) % count or len(xs) // count > KEYPOINTS:
        return None
    seen = features.integers("image/object/keypoint/visibility")
    array = np.zeros((len(xs), 3), np.float64)
    array[:, 0], array[:, 1] = xs, ys
    there = np.isfinite(array[:, :2]).all(1)
    array[:, 2] = np.clip(seen, 0, 2) if len(seen) == len(xs) else SEEN * (there & (array[:, :2] != 0).any(1))
    array[~there] = 0
    return array.reshape(count, -1, 3)


@dataclass(slots=True)
class _State:
    """What is known while files are read: classes seen without a label map, names of keypoints, and counts to tell."""

    labels: ClassList | None
    seen: dict[int, str] = field(default_factory=dict)
    points: tuple[str, ...] = ()
    masks: int = 0
    disagree: int = 0


def read(place: Place) -> Dataset:
    """Read every file; a broken one is left out from where it breaks."""
    gathered = Gathered(place.source, FORMAT)
    names = [name for name in place.tree.sizes if visible(name)]
    state = _State(place.given or find_class_list(place.tree, names, lists=True))
    found: list[tuple[str, int, str, Record, Buffer, tuple[int, int]]] = []
    for name in place.names:
        try:
            for number, (data, start, end) in enumerate(_records(place.tree.view(name))):
                if len(found) >= DATASET_FILES:
                    raise LimitError(f"more than {DATASET_FILES:,} records", where=name)
                record = _read_record(data, start, end, f"{name}: record {number}", gathered)
                if record is not None:
                    found.append((name, number, split_of(name), record, data, (start, end)))
                    _learn(state, record)
        except LoadstoneError as error:
            gathered.skip(name, f"what comes after this is not read: {error}")
    _tell_missing(place, gathered)
    classes = state.labels or from_numbers(dict(sorted(state.seen.items())))
    by_name, by_id = classes.by_name(), classes.by_id()
    for name, number, split, record, data, span in found:
        gathered.add(_example(state, name, number, record, data, span, by_name, by_id), split)
    return gathered.dataset(classes.names, classes.ids, state.points, _notes(state))


def _notes(state: _State) -> list[str]:
    notes = []
    if state.labels is None:
        notes.append("there is no label map: classes are called as the records call them, by number where they do not")
    if state.masks:
        notes.append(f"the masks of {state.masks:,} pictures (image/object/mask) are not read; their boxes are")
    if state.disagree:
        notes.append(f"of {state.disagree:,} objects, class/text and class/label are two classes: the text counts")
    return notes


def _records(data: Buffer) -> Iterable[tuple[Buffer, int, int]]:
    """Yield (buffer, start, end) of each record; a compressed file is unpacked into memory, up to a cap."""
    if not compression_of(bytes(data[:16])):
        for start, end in record_spans(data):
            yield data, start, end
        return
    total = 0
    for record in read_records(unpacked(data)):
        total += len(record)
        if total > MEMBER_BYTES:
            expected = f"at most {shown(MEMBER_BYTES)}"
            raise LimitError("a compressed file of more than is held in memory", expected=expected, help="unpack it")
        yield record, 0, len(record)


def _read_record(data: Buffer, start: int, end: int, where: str, gathered: Gathered) -> Record | None:
    try:
        return parse_record(data, start, end)
    except LoadstoneError as error:
        gathered.skip(where, error)
        return None


def _learn(state: _State, record: Record) -> None:
    state.masks += record.masks
    if not state.points and record.keypoints is not None:
        count = record.keypoints.shape[1]
        state.points = record.points if len(record.points) == count else tuple(map(str, range(count)))
    if state.labels is None:
        for label, text in zip(record.labels, record.texts, strict=True):
            if label > 0 and (text or label not in state.seen):
                state.seen.setdefault(label, text or str(label))


def _tell_missing(place: Place, gathered: Gathered) -> None:
    """Say which shards of a set are not read."""
    read, told = set(place.names), set()
    for name in place.names:
        match = _SHARD.search(name)
        if match is None or (stem := name[: match.start()]) in told:
            continue
        told.add(stem)
        wanted = (f"{stem}-{at:05d}-of-{match[1]}{name[match.end() :]}" for at in range(int(match[1])))
        absent = [shard for shard in wanted if shard not in read]
        if absent:
            gathered.skip(name, f"of its set of {int(match[1]):,}, {len(absent):,} are not read, such as {absent[0]}")


def _example(
    state: _State,
    name: str,
    number: int,
    record: Record,
    data: Buffer,
    span: tuple[int, int],
    by_name: Mapping[str, int],
    by_id: Mapping[int, int],
) -> Example:
    where = f"{name}: record {number}"
    width, height = record.width, record.height
    if not (width and height):
        width, height = _own_size(data, record, where)
    objects = _objects(state, record, (width, height), by_name, by_id)
    verified = None
    if record.whole_labels is not None:
        there = {by_id[label] for label in record.whole_labels if label in by_id}
        verified = tuple(sorted({*there, *objects.classes.tolist()} - {-1}))
    called = record.name or record.source_id or where
    read_bytes = partial(_picture, data, span, record.span, where)
    return Example(
        called, where, width, height, objects, read_bytes, verified=verified, id=record.source_id, upright=False
    )


def _own_size(data: Buffer, record: Record, where: str) -> tuple[int, int]:
    """Return the stored picture's size, for a record that does not state one; (0, 0) for a picture that is broken."""
    try:
        found = head(io.BytesIO(data[record.span[0] : record.span[1]]), where=where)
    except LoadstoneError:
        return 0, 0
    return found.width, found.height


def _picture(data: Buffer, span: tuple[int, int], picture: tuple[int, int], where: str) -> bytes:
    """Return the encoded picture of a record, once its checksum holds."""
    if span[0]:
        try:
            verify_record(data, *span)
        except LoadstoneError as error:
            raise error.at(where) from error
    return bytes(data[picture[0] : picture[1]])


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
        said, counted = by_name.get(text, -1), by_id.get(label, -1)
        state.disagree += said >= 0 and counted >= 0 and said != counted
        classes.append(said if said >= 0 else counted)
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
