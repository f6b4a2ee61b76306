"""`compare`: a detector on two engines, from Python."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from loadstone.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loadstone.api.model import Image
    from loadstone.comparison.run import Compared


def compare(
    source: str | os.PathLike[str], images: Image | Iterable[Image] = (), *, against: str | None = None
) -> Compared:
    """Run a detector as Loadstone does and on another engine, and return the differences.

    `images` are pictures as `Model.detect` takes them; without any, two are made by arithmetic. `against` is `graph`
    (the file's own graph, as Loadstone runs graphs), `openvino` (the same to its very end in OpenVINO), `tensorflow`
    (the same in TensorFlow, if that is installed) or `keras` (the rebuilt detector as a Keras model); the default is
    the graph, or Keras where the file has none, or OpenVINO where the graph is what Loadstone runs. `Compared.agree`
    says whether they give the same, `differences` the largest difference by output, `pairs` both results for each
    picture.
    Raises `SourceError`, `UnsupportedModelError` and `EnvironmentLacksError` as `load`, and `RefusedError` for a graph
    that TensorFlow would let touch files.
    """
    from loadstone.api.model import Model

    if isinstance(source, Model):
        raise SourceError(
            "compare opens a file itself, on each engine",
            expected="a path or a name",
            found="a model that is open",
            help="hand over what it was loaded from",
        )
    from loadstone.comparison.run import compare_engines
    from loadstone.runtime.pictures.picture_sources import given
    from loadstone.whereabouts import whereabouts

    return compare_engines(whereabouts(source, to_run=True), given(images), against=against)
