"""Do mended Keras models compute what the originals computed? Each is run in the environment that it is of, too.

    python benchmarks/old_environments.py [FOLDER] [--only NAME]

For every whole Keras model below FOLDER (default: the real files beside the checkout) the original runs in its own
environment, which is made (hundreds of megabytes each) and kept; `loadstone.fix` mends a copy for the Keras installed
here, which runs that. Both get the same random input. Printed: the largest difference, relative to the largest output.
A model whose own environment cannot run it (code in the file, classes of the author's own) is listed with the reason.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import loadstone as ls
from loadstone.errors import LoadstoneError
from loadstone.facts import ModelFile
from loadstone.formats.registry import open_source
from loadstone.runtime.isolated.detector import open_isolated

WILD = Path(__file__).resolve().parents[2] / "shared" / "wild"
TOLERANCE = 1e-5


def models(folder: Path) -> Iterator[ModelFile]:
    """Yield every whole Keras model below a folder of models."""
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        try:
            whole = open_source(str(place))
        except LoadstoneError:
            continue
        for part in (whole, *whole.parts):
            if part.format in ("keras-h5", "keras-zip") and part.complete:
                yield part


def original(source: str, seed: int) -> tuple[str, dict[str, Any], list[Any]]:
    """Return (TensorFlow and Python, inputs, outputs) of the model in its own environment."""
    opened = open_isolated(source, say=lambda line: print(line, file=sys.stderr))
    try:
        random = np.random.default_rng(seed)
        shapes = {one["name"]: [side or 1 for side in one["shape"]] for one in opened.inputs}
        given = {name: random.random(shape, np.float32) for name, shape in shapes.items()}
        found = opened.predict(given)
        versions = f"TF {opened.versions['tensorflow']} on {opened.versions['python']}"
        return versions, given, [found[one["name"]] for one in opened.output_facts]
    finally:
        opened.close()


def mended(model: ModelFile, given: dict[str, Any], folder: str) -> list[Any]:
    """Return the outputs of the mended copy (of the original where nothing had to be mended) in the Keras here."""
    import keras

    # The format decides the extension here, as Keras demands; some files carry another's.
    target = os.path.join(folder, "mended" + (".keras" if model.format == "keras-zip" else ".h5"))
    output = ls.fix(model.source, target).output or model.source
    opened = keras.saving.load_model(output, compile=False)
    arrays = list(given.values())
    found = opened.predict(arrays if len(arrays) > 1 else arrays[0], verbose=0)
    return list(found) if isinstance(found, list | tuple) else [found]


def difference(ours: list[Any], theirs: list[Any]) -> float:
    """Return the largest difference of any output, relative to the largest value of that output (at least 1)."""
    if [one.shape for one in ours] != [one.shape for one in theirs]:
        return float("inf")
    return max(float(np.abs(a - b).max() / max(1.0, np.abs(b).max())) for a, b in zip(ours, theirs, strict=True))


def compared(model: ModelFile) -> tuple[str, float | None]:
    """Return (what happened, largest difference if both ran)."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            versions, given, theirs = original(model.source, 7)
        except LoadstoneError as error:
            return f"its own environment: {error.fact}; {error.found[:90]}", None
        try:
            return versions, difference(mended(model, given, folder), theirs)
        except Exception as error:
            return f"{versions}; here: {type(error).__name__} {str(error)[:90]}", None


def main() -> None:
    """Print one line a model, and how many agree."""
    parser = argparse.ArgumentParser(description="mended Keras models against their own environments")
    parser.add_argument("folder", nargs="?", type=Path, default=WILD)
    parser.add_argument("--only", default="", help="models whose path holds this")
    arguments = parser.parse_args()
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    agree = ran = 0
    for model in models(arguments.folder):
        name = os.path.relpath(model.source, arguments.folder)
        if arguments.only not in name:
            continue
        told, far = compared(model)
        if far is not None:
            ran += 1
            agree += far <= TOLERANCE
        shown = "-" if far is None else f"{far:.1e}"
        print(f"{name:<62} {shown:>8}  {told}", flush=True)
    print(f"{agree} of {ran} that ran in both agree within {TOLERANCE:g}")


if __name__ == "__main__":
    main()
