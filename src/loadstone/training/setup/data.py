"""The pictures of a training: which of a dataset train and which validate, and a hash that tells them from others."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from loadstone.datasets.other_sizes import note_on_other_sizes
from loadstone.datasets.ready import notes_on_lost_boxes, refuse_unready
from loadstone.datasets.split import train_and_val
from loadstone.errors import FormatError, LoadstoneError
from loadstone.facts.masks import PixelMask

if TYPE_CHECKING:
    from loadstone.facts.dataset import Dataset, Example
    from loadstone.facts.masks import Mask


IN_FILES = ("coco", "voc", "yolo", "csv", "labelme", "createml", "via")
"""Formats whose pictures are files of their own."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainData:
    """`train` and `validation` hold their own examples only, without splits; `validation` may be absent.

    `notes` are sentences about what is odd and no obstacle.
    """

    train: Dataset
    validation: Dataset | None
    notes: tuple[str, ...] = ()


def train_data(
    dataset: Dataset,
    other: Dataset | None = None,
    *,
    classes: Sequence[str] | None = None,
    every: int = 1,
    validate: bool = True,
) -> TrainData:
    """Return what of a dataset trains and what validates: `train_and_val`'s parts, or its own and `other`.

    Without `validate`, all of it trains that is not held out for something else. `every` takes one in so many of the
    training pictures. `classes` are a label map's names, where there is one.
    Raises `FormatError` as `refuse_unready` does, for data that cannot be trained on.
    """
    ready = refuse_unready(dataset, classes=classes)
    # What trains and what validates is told below, in its own words.
    told = [note for note in ready if "validate on" not in note and "are for train" not in note]
    if other is None and validate:
        parts = train_and_val(dataset)
        train, found = part(dataset, parts.train), part(dataset, parts.val) if parts.val else None
        told.append(f"pictures: {parts.said}")
    else:
        train = part(dataset, dataset.splits.get("train") or _free(dataset))
        found = None if other is None else part(other, other.splits.get("val") or range(len(other.examples)))
    train = part(train, range(0, len(train.examples), every))
    if found is not None and not any(len(example.objects) for example in found.examples):
        raise FormatError(
            "no picture to validate on has a box, so that nothing could be measured",
            where=found.source,
            help="name other pictures with --val DIR, or validate nothing: --val none",
        )
    told.extend((*_missing(train, "to train on"), *note_on_other_sizes(train.examples, "to train on")))
    if found is not None:
        # What a hash holds out of a few pictures may lack a class by chance.
        chosen = other is not None or bool(dataset.splits.get("val"))
        told.extend(
            (
                *_missing(found, "to validate on"),
                *note_on_other_sizes(found.examples, "to validate on"),
                *_unseen(train, found, chosen=chosen),
                *notes_on_lost_boxes(found.examples),
            )
        )
        told.extend(_shared(train, found))
    skipped = (*dataset.skipped, *(other.skipped if other else ()))
    return TrainData(train, found, (*dataset.notes, *told, *skipped))


def _missing(dataset: Dataset, why: str) -> tuple[str, ...]:
    """Return a sentence on pictures that are not there; raises `FormatError` where none is.

    A reader that found no file for a picture tells so when the picture is asked for, which costs nothing.
    """
    lost = [example for example in dataset.examples if example.path is None and dataset.format in IN_FILES]
    lost = [example for example in lost if not _has_bytes(example)]
    if not lost:
        return ()
    if len(lost) == len(dataset.examples):
        raise FormatError(
            f"none of the {len(lost):,} pictures {why} is there",
            where=dataset.source,
            found=f"annotations of {lost[0].key}",
            help="put the pictures into the dataset's folder",
        )
    return (f"{len(lost):,} of {len(dataset.examples):,} pictures {why} are not there, such as {lost[0].key}",)


def _has_bytes(example: Example) -> bool:
    try:
        example.read()
    except LoadstoneError:
        return False
    return True


def _unseen(train: Dataset, validation: Dataset, *, chosen: bool) -> tuple[str, ...]:
    """Return a sentence on classes that are validated and never trained.

    Raises `FormatError` where all of them are, and somebody `chosen` the pictures.
    """
    learned, asked = _shown(train), _shown(validation)
    unseen = [name for name in asked if name not in learned]
    if not unseen:
        return ()
    listed = ", ".join(map(repr, unseen[:6])) + (f" and {len(unseen) - 6:,} more" if len(unseen) > 6 else "")
    if chosen and len(unseen) == len(asked):
        raise FormatError(
            "no class that is validated is one that trains, so that nothing could be found",
            where=validation.source,
            expected=f"objects of {', '.join(map(repr, [*learned][:6]))}",
            found=listed,
            help="give classes one name in both, name other pictures with --val DIR, or validate nothing: --val none",
        )
    return (f"the pictures to validate on show {listed}, and those to train on never do: found there is nothing of it",)


def _shared(train: Dataset, validation: Dataset) -> tuple[str, ...]:
    """Return a sentence on files that both train and validate, as where a `data.yaml` names one folder for both."""
    trained = {example.path for example in train.examples if example.path}
    count = sum(example.path in trained for example in validation.examples)
    said = f"{count:,} of {len(validation.examples):,} pictures to validate on train as well"
    return (f"{said}: the mAP tells what was learned by heart too",) if count else ()


def _shown(dataset: Dataset) -> dict[str, None]:
    """Return the classes that have an object, in the order of the dataset's list."""
    numbers = {number for example in dataset.examples for number in example.objects.classes.tolist()}
    return dict.fromkeys(name for number, name in enumerate(dataset.classes) if number in numbers)


def refuse_unmasked(data: TrainData) -> tuple[str, ...]:
    """Return what is worth a sentence before masks are trained; raises `FormatError` where the data has none at all."""
    counts = [_masked(one) for one in (data.train, data.validation) if one is not None]
    masked, objects = counts[0]
    if not masked:
        raise FormatError(
            "the detector makes masks, and none of the pictures that train has any",
            where=data.train.source,
            expected="polygons or run lengths (COCO), outlines (YOLO), image/object/mask (TFRecord)",
            found=f"{objects:,} boxes without a mask",
            help="annotate masks, or train a Faster R-CNN: it makes boxes alone",
        )
    told = [f"{objects - masked:,} of {objects:,} objects have no mask: only their boxes train"]
    other = counts[1:] and not counts[1][0]
    return (*(told if masked < objects else ()), *(("no picture to validate on has masks",) if other else ()))


def _masked(dataset: Dataset) -> tuple[int, int]:
    """Return how many objects have a mask, and how many there are."""
    objects = [example.objects for example in dataset.examples]
    masked = sum(mask is not None for one in objects for mask in one.masks or ())
    return masked, sum(len(one) for one in objects)


def part(dataset: Dataset, places: Iterable[int]) -> Dataset:
    """Return a dataset of some of the examples, without splits."""
    return replace(dataset, examples=[dataset.examples[place] for place in places], splits={})


def _free(dataset: Dataset) -> list[int]:
    """Return the positions that no split holds out."""
    held = {at for name, places in dataset.splits.items() if name != "train" for at in places}
    return [at for at in range(len(dataset.examples)) if at not in held]


def fingerprint(dataset: Dataset, *, masks: bool = False) -> dict[str, Any]:
    """Return what tells the data from other data, as JSON values: its annotations' hash, its pictures' sizes.

    The pictures themselves are not read: their files' sizes stand for them. Crowds, keypoints and areas have a hash of
    their own, as runs that began before they were looked at go on without. So have masks, with `masks`, for a training
    that learns them: of what is written and not of what it draws.
    """
    digest = hashlib.sha256(repr((dataset.classes, dataset.ids)).encode())
    sizes = 0
    for example in dataset.examples:
        digest.update(repr((example.key, example.width, example.height)).encode())
        for array in (example.objects.boxes, example.objects.classes, example.objects.weights):
            digest.update(array.tobytes())
        size = _size(example)
        sizes += size
        digest.update(str(size).encode())
    own = {"masks_sha256": _masks_hash(dataset)} if masks else {}
    return own | {
        "marks_sha256": _marks_hash(dataset),
        "source": dataset.source,
        "format": dataset.format,
        "pictures": len(dataset.examples),
        "objects": sum(len(example.objects) for example in dataset.examples),
        "picture_bytes": sizes,
        "sha256": digest.hexdigest(),
    }


def _marks_hash(dataset: Dataset) -> str:
    """Return the hash of what boxes and classes do not say, and a result depends on."""
    digest = hashlib.sha256()
    for example in dataset.examples:
        for array in (example.objects.crowd, example.objects.keypoints, example.objects.areas):
            digest.update(b"" if array is None else array.tobytes())
            digest.update(b";")
    return digest.hexdigest()


def _masks_hash(dataset: Dataset) -> str:
    digest = hashlib.sha256()
    for example in dataset.examples:
        for mask in example.objects.masks or ():
            digest.update(hashlib.sha256(_written(mask)).digest())
        digest.update(b";")
    return digest.hexdigest()


def _written(mask: Mask | None) -> bytes:
    """Return the bytes that tell a mask; those of one that cannot be read are why, as the training says it in time."""
    if not isinstance(mask, PixelMask):
        return repr(mask).encode()
    try:
        return mask.draw().tobytes() if mask.written is None else mask.written()
    except LoadstoneError as error:
        return error.fact.encode()


def _size(example: Example) -> int:
    """Return the bytes of the picture's file; 0 where it lies in a record."""
    try:
        return os.path.getsize(example.path) if example.path else 0
    except OSError:
        return 0


PARTS = {"marks_sha256": "crowds, keypoints or areas", "masks_sha256": "masks"}
"""Hashes beside the data's own, by what they are of."""

BACK = "put the data back, or begin another run from the weights: --model RUN/last.keras"


def refuse_other_data(dataset: Dataset, stated: Any) -> None:
    """Raise `FormatError` where the data is not what a run began with: its steps would not be the same."""
    known = stated if isinstance(stated, dict) else {}
    found = fingerprint(dataset, masks="masks_sha256" in known)
    if known.get("sha256") != found["sha256"]:
        raise _other(dataset, "the data is not what this run began with", _told(known), _told(found))
    for key, said in PARTS.items():
        # A run from before a part was looked at has no hash of it.
        if key in known and known[key] != found[key]:
            expected, there = (f"{said} of sha256 {str(one[key])[:12]}" for one in (known, found))
            raise _other(dataset, f"the {said} are not those that this run began with", expected, there)


def _other(dataset: Dataset, fact: str, expected: str, found: str) -> FormatError:
    fact = f"{fact}, so that it cannot go on to the same result"
    return FormatError(fact, where=dataset.source, expected=expected, found=found, help=BACK)


def _told(known: Mapping[str, Any]) -> str:
    return f"{known.get('pictures')} pictures, {known.get('objects')} boxes, sha256 {str(known.get('sha256'))[:12]}"
