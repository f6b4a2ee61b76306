"""The Python interface of a dataset's examination: `check_data`. Re-exported by `loadstone` itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from loadstone.errors import SourceError, UnsupportedModelError

if TYPE_CHECKING:
    from loadstone.datasets.check.subject import Shapes, Subject
    from loadstone.facts.dataset import Dataset
    from loadstone.facts.finding import CheckReport


def check_data(
    source: str | os.PathLike[str] | Dataset,
    *,
    against: str | os.PathLike[str] | Dataset | None = None,
    input_size: int | tuple[int, int] | None = None,
    config: str | os.PathLike[str] | None = None,
    pictures: bool = True,
) -> CheckReport:
    """Return everything that is wrong with a dataset: boxes, classes, pictures, and what its parts share.

    `source` is a folder, an annotation file, or what `open_dataset` gave. `against` is another dataset that must share
    no picture with it. `input_size`, a side or (width, height), asks how small boxes become at a detector's input;
    `config` is a `pipeline.config`, whose input and anchors are taken. Without `pictures`, none is read.
    Raises `SourceError` or `FormatError` where there is no dataset or no configuration.
    """
    from loadstone.datasets.check import report

    shapes = shapes_of(input_size=input_size, config=config)
    return report(examined(source, against=against, shapes=shapes, pictures=pictures))


def examined(
    source: str | os.PathLike[str] | Dataset,
    *,
    against: str | os.PathLike[str] | Dataset | None = None,
    shapes: Shapes | None = None,
    pictures: bool = True,
    step: Callable[[], None] = lambda: None,
) -> Subject:
    """Open what is a path, and walk it; the checks and the statistics ask the result."""
    from loadstone.datasets.check import examine

    dataset = _opened(source)
    other = None if against is None else _opened(against)
    strays = tuple(_strays(dataset))
    return examine(dataset, other=other, shapes=shapes, strays=strays, pictures=pictures, step=step)


def shapes_of(
    *, input_size: int | tuple[int, int] | None = None, config: str | os.PathLike[str] | None = None
) -> Shapes | None:
    """Return the input and the anchors that boxes are compared with; None where neither is given.

    Raises `UnsupportedModelError` where the configuration's detector takes pictures of any size and none is given.
    """
    from loadstone.datasets.check.subject import Shapes

    width, height = (input_size, input_size) if isinstance(input_size, int) else input_size or (0, 0)
    if config is None:
        return Shapes(width, height) if width else None
    from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
    from loadstone.blueprint.parts import Blueprint
    from loadstone.blueprint.reader import read_any
    from loadstone.detectors.anchor_shapes import anchor_shapes
    from loadstone.runtime.described import read_config

    blueprint = read_any(read_config(Path(config)))
    resizer = blueprint.resizer
    keeps_aspect = resizer.kind == "keep-aspect"
    if not width:
        if resizer.kind not in ("fixed", "keep-aspect"):
            fact = "the configuration does not say what size its pictures get"
            raise UnsupportedModelError(fact, where=os.fspath(config), help="say it: --input-size 640")
        height, width = resizer.size
    anchors = (
        anchor_shapes(blueprint.anchors, min(width, height))
        if isinstance(blueprint, Blueprint | FasterRcnnBlueprint)
        else None
    )
    return Shapes(width, height, keeps_aspect, anchors, Path(config).name)


def _opened(source: str | os.PathLike[str] | Dataset) -> Dataset:
    from loadstone.datasets.find import open_dataset
    from loadstone.facts.dataset import Dataset

    return source if isinstance(source, Dataset) else open_dataset(source)


def _strays(dataset: Dataset) -> Iterator[str]:
    """Yield the picture files that lie in a folder with annotated pictures, and are not annotated themselves."""
    from loadstone.datasets.pictures import is_picture

    known = {os.path.abspath(example.path) for example in dataset.examples if example.path is not None}
    for folder in sorted({os.path.dirname(path) for path in known}):
        yield from (path for path in _files(folder) if is_picture(path) and path not in known)


def _files(folder: str) -> Sequence[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.path for entry in entries if entry.is_file(follow_symlinks=False))
    except OSError as error:
        raise SourceError(f"the folder cannot be listed: {error.strerror}", where=folder) from error
