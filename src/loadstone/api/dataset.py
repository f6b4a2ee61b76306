"""The Python interface of annotated pictures: `open_dataset`, `convert_dataset`. Re-exported by `loadstone` itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadstone.datasets.convert import Converted
    from loadstone.datasets.writers.outgoing import Files
    from loadstone.facts.dataset import Dataset


def open_dataset(
    source: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002 - the word that the command line uses too
    pictures: Sequence[str | os.PathLike[str]] = (),
    classes: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Open the annotated pictures of a folder, of an annotation file, or of shards (`train.record-*`).

    The format (`coco`, `voc`, `yolo`, `csv`, `tfrecord`, `labelme`, `createml`, `via`) is told by content; `format`
    takes one where a folder holds several. `pictures` are folders outside `source` where pictures may lie: without
    them, nothing outside is read. `classes` is a label map or a list of names, one a line. Pictures are read when they
    are asked for.
    Raises `SourceError` where there is no dataset, `FormatError` where none of it can be read.
    """
    from loadstone.datasets.find import open_dataset as find_and_read

    return find_and_read(source, format=format, pictures=pictures, classes=classes)


def convert_dataset(
    source: str | os.PathLike[str] | Dataset,
    *,
    to: str,
    output: str | os.PathLike[str],
    files: Files = "copy",
    split: Sequence[float] = (),
    shards: int = 1,
    classes: Sequence[str] | None = None,
    seed: int = 0,
) -> Converted:
    """Write annotated pictures in another format below a new folder, read it again, and say what was lost.

    `files` is `copy`, `link` (hard links) or `none`. `split`, such as `(0.8, 0.2)`, divides anew into train and val
    (and test) by a hash of names; without it the dataset's own splits stay. `shards` are record files for each split.
    `classes` are the names to keep, in order. Raises `RefusedError` where something is at `output` already.
    """
    from loadstone.datasets.convert import convert
    from loadstone.facts.dataset import Dataset

    dataset = source if isinstance(source, Dataset) else open_dataset(source)
    return convert(dataset, to=to, output=output, files=files, split=split, shards=shards, classes=classes, seed=seed)
