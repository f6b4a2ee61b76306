"""One dataset in another format: `convert` writes a new folder, reads it again, and moves it to its place if it agrees.

What a format cannot say is counted and said. The original is only read.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from loadstone.datasets.find import open_dataset
from loadstone.datasets.split import divided
from loadstone.datasets.writers import coco, csv, tfrecord, voc, yolo
from loadstone.datasets.writers.out_names import stems
from loadstone.datasets.writers.outgoing import Files, Job, Outgoing
from loadstone.errors import FormatError, RefusedError, SourceError
from loadstone.facts.dataset import Dataset, Example

WRITERS: Mapping[str, Callable[[Job], None]] = {
    "coco": coco.write,
    "voc": voc.write,
    "yolo": yolo.write,
    "csv": csv.write,
    "tfrecord": tfrecord.write,
}

SPLITS = ("train", "val", "test")
_TOLERANCE = 1e-5
"""What fractions of a picture may differ by once they are read again: float32, or nine digits of text."""


@dataclass(frozen=True, slots=True)
class Converted:
    """What was written: where, how many pictures and objects, pictures by split, and what was lost or changed.

    `left` are the pictures that could not be read, and are left out.
    """

    output: Path
    format: str
    pictures: int
    objects: int
    splits: Mapping[str, int]
    notes: tuple[str, ...]
    left: int = 0


def convert(
    dataset: Dataset,
    *,
    to: str,
    output: str | os.PathLike[str],
    files: Files = "copy",
    split: Sequence[float] = (),
    shards: int = 1,
    classes: Sequence[str] | None = None,
    seed: int = 0,
    step: Callable[[], None] = lambda: None,
) -> Converted:
    """Write a dataset in the format `to` below the folder `output`, which must not exist yet or be empty.

    `files` says what becomes of picture files. `split` are the parts of train, val and test, anew by a hash of keys;
    without it the dataset's own splits stay. `shards` is the number of record files for each split. `classes` are the
    names of classes to keep, in the order in which they are to be numbered. `step` is called for each picture.
    Raises `RefusedError` where something is at `output`, `SourceError` for a format or class that there is not, and
    `FormatError` where what was written does not read as it should.
    """
    if to not in WRITERS:
        raise SourceError("there is no such format of datasets that are written", found=to, expected=", ".join(WRITERS))
    if to == "tfrecord" and files == "none":
        raise SourceError("records hold their pictures: they cannot be written without", found=f"files={files!r}")
    if files not in get_args(Files):
        raise SourceError(
            "there is no such way with picture files", found=str(files), expected=", ".join(get_args(Files))
        )
    if shards < 1:
        raise SourceError("shards are out of range", found=str(shards), expected="1 or more")
    if (classes is not None and len({*classes}) != len(classes)) or classes == []:
        raise SourceError("classes to keep are one name or more, each once", found=", ".join(classes) or "none")
    target = Path(output)
    _refuse_existing(target)
    workplace = _workplace(target)
    try:
        job = _job(dataset, workplace / "made", split, classes, seed)
        # Records take every picture in, so that there is nothing to link.
        job.files, job.shards, job.step = "copy" if to == "tfrecord" else files, shards, step
        job.folder.mkdir()
        WRITERS[to](job)
        if not job.written:
            notes = job.tally.notes()
            raise FormatError("none of the pictures can be read", where=dataset.source, found=notes[0] if notes else "")
        _compare(job, to, files)
        _put(job.folder, target)
    except OSError as error:
        found = error.strerror or str(error)
        raise SourceError("the dataset cannot be written", where=str(target), found=found) from error
    finally:
        shutil.rmtree(workplace, ignore_errors=True)
    return _summary(job, to, target, dataset.source)


def _summary(job: Job, to: str, target: Path, source: str) -> Converted:
    written = {
        split: [job.written[stem] for stem, _ in pairs if stem in job.written] for split, pairs in job.splits.items()
    }
    everything = [going for listed in written.values() for going in listed]
    counts = {split: len(listed) for split, listed in written.items() if split}
    objects = sum(len(going.objects) for going in everything)
    notes = (*job.tally.notes(), *_renamed(everything), *_within(target, source))
    return Converted(target, to, len(everything), objects, counts, notes, job.left)


def _renamed(everything: Sequence[Outgoing]) -> tuple[str, ...]:
    """Return a sentence on pictures that are called otherwise than before, by more than their folder and ending."""
    named = [(going, (going.example.path or going.example.key).replace(os.sep, "/")) for going in everything]
    other = [(going.file_name, name.rpartition("/")[2]) for going, name in named]
    other = [pair for pair in other if os.path.splitext(pair[0])[0] != os.path.splitext(pair[1])[0]]
    if not other:
        return ()
    new, old = other[0]
    said = "1 picture gets" if len(other) == 1 else f"{len(other):,} pictures get"
    return (f"{said} another name, safe on any system and there once, such as {new} for {old}",)


def _job(dataset: Dataset, folder: Path, split: Sequence[float], classes: Sequence[str] | None, seed: int) -> Job:
    names, ids, order = list(dataset.classes), list(dataset.ids), None
    if classes is not None:
        order = np.full(len(names), -1, np.int64)
        for at, name in enumerate(classes):
            if name not in names:
                expected = ", ".join(names[:20])
                raise SourceError("there is no such class", where=dataset.source, found=name, expected=expected)
            order[names.index(name)] = at
        numbers = [ids[names.index(name)] for name in classes]
        names, ids = list(classes), numbers
    pairs = list(zip(stems(example.key for example in dataset.examples), dataset.examples, strict=True))
    return Job(folder, names, ids, dataset.keypoint_names, _splits(dataset, pairs, split, seed), order=order)


def _splits(
    dataset: Dataset, pairs: Sequence[tuple[str, Example]], parts: Sequence[float], seed: int
) -> dict[str, list[tuple[str, Example]]]:
    positions: Mapping[str, Sequence[int]] = dataset.splits
    if parts:
        if not 2 <= len(parts) <= len(SPLITS):
            given = ", ".join(f"{part:g}" for part in parts)
            raise SourceError("a split has two or three parts: train, val and test", found=given)
        positions = divided(dataset, dict(zip(SPLITS, parts, strict=False)), seed=seed)
    told: set[int] = set()
    found: dict[str, list[tuple[str, Example]]] = {}
    for name in SPLITS:
        own = [at for at in positions.get(name, ()) if at not in told]
        told.update(own)
        if own:
            found[name] = [pairs[at] for at in own]
    if rest := [pair for at, pair in enumerate(pairs) if at not in told]:
        found[""] = rest
    return found


def _refuse_existing(target: Path) -> None:
    if os.path.lexists(target) and not (target.is_dir() and not target.is_symlink() and not any(target.iterdir())):
        raise RefusedError(
            "there is something at the destination already",
            where=str(target),
            help="name another folder, or remove it first: nothing is ever overwritten",
        )


def _within(target: Path, source: str) -> tuple[str, ...]:
    """Return a sentence where the output lies in the folder that was read, so that its pictures are there twice."""
    folder = Path(source)
    if not folder.is_dir() or folder.resolve() not in target.resolve().parents:
        return ()
    return (f"the output lies within the dataset, where its pictures and annotations now count too: move {target} out",)


def _workplace(target: Path) -> Path:
    """Return a new folder on the destination's own file system, so that what is whole is only renamed."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=".loadstone-data-", dir=target.parent))
    except OSError as error:
        found = error.strerror or str(error)
        raise SourceError("the dataset cannot be written there", where=str(target), found=found) from error


def _put(made: Path, target: Path) -> None:
    if target.is_dir():
        # It is empty, as was seen before; some systems rename over no folder at all.
        target.rmdir()
    os.rename(made, target)


def _compare(job: Job, to: str, files: Files) -> None:
    """Read what was written, and raise `FormatError` unless it says the same pictures, classes and boxes."""
    if files == "none":
        return
    again = open_dataset(job.folder, format=to)
    found = {_stem(example): example for example in again.examples}
    if again.skipped or found.keys() != job.written.keys():
        missing = sorted(job.written.keys() ^ found.keys())[:3]
        said = again.skipped[0] if again.skipped else f"{len(found):,} pictures; not {', '.join(missing)}"
        raise _differs(to, f"{len(job.written):,} pictures", said)
    for stem, going in job.written.items():
        if not _agrees(job, again, going, found[stem]):
            raise _differs(to, f"{len(going.objects):,} objects of {going.example.key}", "others")


def _stem(example: Example) -> str:
    return example.key.rpartition("/")[2].rpartition(".")[0]


def _agrees(job: Job, again: Dataset, going: Outgoing, example: Example) -> bool:
    objects, read = going.objects, example.objects
    if [job.classes[at] for at in objects.classes] != [again.classes[at] if at >= 0 else "" for at in read.classes]:
        return False
    one = objects.boxes / (going.width, going.height, going.width, going.height)
    other = read.boxes / (example.width, example.height, example.width, example.height)
    return bool((np.abs(one - other) <= _TOLERANCE * np.maximum(1.0, np.abs(one))).all())


def _differs(to: str, expected: str, found: str) -> FormatError:
    return FormatError(f"what was written as {to} does not read as it was", expected=expected, found=found)
