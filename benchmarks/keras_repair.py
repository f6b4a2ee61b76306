"""Whole Keras models of a folder: does stock Keras open them, does it after `fix`, and what is missing where not.

    KERAS_BACKEND=tensorflow python benchmarks/keras_repair.py FOLDER [--old PYTHON] [--json]

A whole model is HDF5 or `.keras` with configuration and weights, or a configuration with its weights beside it. `--old`
is a Python with an old Keras (2.2.4 on TensorFlow 1.15, say): where that opens a file, the outputs of both are compared
on the same random input, and the largest difference is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ENDINGS = (".h5", ".hdf5", ".keras", ".json")
OLD = """
import sys
import numpy
import tensorflow
from keras.models import load_model
model = load_model(sys.argv[1], compile=False)
numpy.save(sys.argv[3], model.predict(numpy.load(sys.argv[2])))
"""


@dataclass(frozen=True)
class Row:
    """One model: whether Keras opens it before and after, what is missing, and how far an old Keras differs."""

    file: str
    before: bool
    after: bool
    missing: str
    difference: float | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--old", help="a Python with an old Keras, to compare outputs with")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = [row(path, arguments.folder, arguments.old) for path in models(arguments.folder)]
    if arguments.json:
        print(json.dumps([asdict(one) for one in rows]))
        return
    for one in rows:
        shown = "" if one.difference is None else f"{one.difference:.1e}"
        print(
            f"{one.file:58} {'yes' if one.before else 'no':4} {'yes' if one.after else 'no':4} {shown:8} {one.missing}"
        )
    opened, after = sum(one.before for one in rows), sum(one.after for one in rows)
    print(
        f"{len(rows)} models: stock Keras opens {opened}, after `fix` {after} ({100 * after / max(len(rows), 1):.0f} %)"
    )


def models(folder: Path) -> Iterator[Path]:
    """Yield the whole models in a folder."""
    import loadstone

    for path in sorted(folder.rglob("*")):
        if path.suffix in ENDINGS and path.is_file() and path.stat().st_size > 1024:
            found = loadstone.inspect(path)
            if found.format in ("keras-h5", "keras-zip", "keras-config") and found.complete and found.layers:
                yield path


def row(path: Path, folder: Path, old: str | None) -> Row:
    import keras

    import loadstone
    from loadstone.errors import CannotLoadError

    try:
        keras.saving.load_model(path)
        before = True
    except Exception:  # Stock Keras fails with whatever a layer raises.
        before = False
    try:
        model = loadstone.load_model(path)
    except CannotLoadError as error:
        return Row(str(path.relative_to(folder)), before, False, ", ".join(error.custom_objects) or str(error)[:120])
    return Row(str(path.relative_to(folder)), before, True, "", difference(model, path, old) if old else None)


def difference(model: Any, path: Path, old: str) -> float | None:
    """Return the largest difference to what an old Keras computes; None where that cannot open the file."""
    import numpy

    if isinstance(model.input_shape, list):
        return None
    inputs = numpy.random.default_rng(0).random([2, *(side or 4 for side in model.input_shape[1:])], dtype="float32")
    with tempfile.TemporaryDirectory() as scratch:
        given, made = Path(scratch, "in.npy"), Path(scratch, "out.npy")
        numpy.save(given, inputs)
        clean = {"PATH": os.environ.get("PATH", ""), "HOME": scratch, "TF2_BEHAVIOR": "0"}
        command = [old, "-c", OLD, str(path.absolute()), str(given), str(made)]
        if subprocess.run(command, capture_output=True, env=clean, check=False).returncode:
            return None
        return float(numpy.abs(numpy.load(made) - model.predict(inputs, verbose=0)).max())


if __name__ == "__main__":
    main()
