"""`loadstone demo`: the whole path on one screen, with the embedded detector and picture, and no network."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadstone.facts import ModelFile
    from loadstone.facts.detections import Classification, Detections

SUMMARY = "see it work: the embedded detector on an embedded picture, no network needed"

FILE_NAME = "loadstone-demo.jpg"
LABEL_WIDTH = 11


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("-o", "--output", type=Path, default=Path(), metavar="DIR", help="where the drawn picture goes")
    parser.add_argument("--device", default="CPU", help="OpenVINO device (default CPU)")


def run(arguments: argparse.Namespace) -> int:
    """Walk the path, one station a line; raises what any station raises."""
    from loadstone import demo

    said = f"{demo.MODEL.name}, {demo.MODEL.stat().st_size:,} bytes, inside this package"
    _station("source", f"{said}: trained on drawings made by code")
    model, spent = _facts(demo.MODEL)
    _station(
        "format", f"{model.format}, recognised from its bytes and read in {spent * 1000:.0f} ms, without TensorFlow"
    )
    for line in _about(model):
        _station("facts", line)
    found = _detect(arguments.device)
    _station("detections", f"{len(found)} objects: name, score, box in pixels (x1, y1, x2, y2)")
    for one in found.as_json()["detections"]:
        box = ", ".join(f"{side:5.0f}" for side in one["box"])
        print(f"{'':<{LABEL_WIDTH}}  {one['name']:<10} {one['score']:.2f}   {box}")
    target = _save(found, arguments.output)
    _station("picture", str(target))
    print(f"\nnext       loadstone detect {_short(demo.MODEL)} {_short(demo.PICTURE)} --json")
    print(f"           loadstone inspect {_short(demo.MODEL)}")
    print("           loadstone inspect YOUR_MODEL     then     loadstone detect YOUR_MODEL YOUR_PICTURES --conf 0.5")
    return 0


def _station(label: str, text: str) -> None:
    print(f"{label:<{LABEL_WIDTH}}{text}", flush=True)


def _facts(path: Path) -> tuple[ModelFile, float]:
    from loadstone.formats.registry import open_source

    began = time.perf_counter()
    return open_source(str(path)), time.perf_counter() - began


def _about(model: ModelFile) -> list[str]:
    """Say what the file is, as `loadstone inspect` finds it."""
    ends = [
        f"{side} {', '.join(spec.name for spec in specs)}"
        for side, specs in (("in:", model.inputs), ("out:", model.outputs))
        if specs
    ]
    return [f"{model.parameters:,} parameters, {sum(model.ops.values())} operations of {len(model.ops)} kinds", *ends]


def _detect(device: str) -> Detections | Classification:
    """Open the detector, run the picture, and say what each took."""
    from loadstone import demo
    from loadstone.runtime import open_detector
    from loadstone.runtime.detecting import result
    from loadstone.runtime.filters import Rule
    from loadstone.runtime.labels import read_labels
    from loadstone.runtime.pictures.picture_files import read_picture

    began = time.perf_counter()
    detector = open_detector(str(demo.MODEL), device=device, labels=read_labels(demo.LABELS, first_id=1))
    ready = time.perf_counter()
    _station("plan", f"prepared for {device} with OpenVINO and kept in the cache; opened in {ready - began:.2f} s")
    picture = read_picture(demo.PICTURE)
    height, width = picture.pixels.shape[:2]
    began = time.perf_counter()
    (raw,) = detector.run([picture.pixels])
    spent = time.perf_counter() - began
    _station("run", f"{demo.PICTURE.name}, {width}×{height}, in {spent * 1000:.0f} ms")
    return result(raw, picture, labels=detector.labels, rule=Rule())


def _save(found: Detections | Classification, folder: Path) -> Path:
    """Write the drawn picture; into the temporary folder where this one cannot be written to."""
    import tempfile

    from loadstone.cli.detect_output import make_folder
    from loadstone.errors import SourceError

    target = _free(folder)
    try:
        make_folder(folder)
        found.save(target)
    except SourceError:
        target = _free(Path(tempfile.gettempdir()))
        found.save(target)
    return target.resolve()


def _free(folder: Path) -> Path:
    """Name the picture so that nothing but an earlier demo's picture is replaced."""
    from loadstone.report.draw import is_ours

    stem, suffix = FILE_NAME.split(".")
    number, target = 1, folder / FILE_NAME
    while target.exists() and not is_ours(target):
        number += 1
        target = folder / f"{stem}-{number}.{suffix}"
    return target


def _short(path: Path) -> str:
    """Write a path from here where that is shorter, quoted for a shell."""
    import os
    import shlex

    try:
        relative = os.path.relpath(path)
    except ValueError:
        # On Windows there is no relative path to another drive.
        relative = str(path)
    return shlex.quote(min(relative, str(path), key=len))
