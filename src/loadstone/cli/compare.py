"""`loadstone compare MODEL [IMAGE…]`: the same picture through the rebuilt detector and another engine."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from loadstone.cli.argument_types import share
from loadstone.errors import SourceError

if TYPE_CHECKING:
    import PIL.Image

    from loadstone.comparison.run import Compared, Pair

SUMMARY = "run a detector on two engines and say by how much they differ"

EXIT_DIFFERENT = 1
ENGINES = ("graph", "tensorflow", "openvino", "keras")
FOLDER = Path("comparison")
DRAWN = 20
"""Boxes of each engine that are drawn, the best first."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("model", help="a detector's file or folder")
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="pictures (default: two made by arithmetic)")
    parser.add_argument(
        "--against",
        choices=ENGINES,
        metavar="ENGINE",
        help="graph (the file's own), tensorflow, openvino, keras (default: what Loadstone does not itself run here)",
    )
    parser.add_argument("--box", type=share, metavar="SHARE", help="tolerated, of the picture's side (0.001)")
    parser.add_argument("--score", type=share, metavar="SCORE", help="tolerated difference of scores (0.001)")
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help=f"drawn pictures (default {FOLDER}/)")
    parser.add_argument("--no-pictures", action="store_true", help="draw no pictures")
    parser.add_argument("--json", action="store_true", help="the differences as JSON on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Compare; exit code 1 when the engines differ beyond the tolerance."""
    from loadstone.cli.quiet import quieten

    quieten()
    from loadstone.comparison.pairing import Tolerance
    from loadstone.comparison.run import compare_engines
    from loadstone.runtime.pictures.picture_sources import given
    from loadstone.whereabouts import whereabouts

    own = Tolerance()
    tolerance = Tolerance(
        box=own.box if arguments.box is None else arguments.box,
        score=own.score if arguments.score is None else arguments.score,
    )
    source = whereabouts(arguments.model, to_run=True)
    done = compare_engines(source, given(arguments.images), against=arguments.against, tolerance=tolerance)
    # Told first: a folder that takes no drawings does not take away what was found.
    _tell(done, as_json=arguments.json)
    for path in [] if arguments.no_pictures else _drawn(done, _folder(arguments)):
        print(f"wrote     {path}", file=sys.stderr)
    return 0 if done.agree else EXIT_DIFFERENT


def _folder(arguments: argparse.Namespace) -> Path | None:
    chosen: Path | None = arguments.output
    return chosen or (None if arguments.json else FOLDER)


def _tell(done: Compared, *, as_json: bool) -> None:
    from loadstone.report.comparison import comparison_text

    if as_json:
        import json

        print(json.dumps(done.as_json(), ensure_ascii=False))
    else:
        print(comparison_text(done.ours, done.theirs, [pair.comparison for pair in done.pairs]))


def _drawn(done: Compared, folder: Path | None) -> list[Path]:
    """Draw both sets of boxes for each picture; returns the files."""
    if folder is None:
        return []
    from loadstone.cli.detect_output import make_folder
    from loadstone.report.draw import is_ours, write_picture

    make_folder(folder)
    paths = []
    for number, pair in enumerate(done.pairs):
        image = _image(pair)
        path = folder / f"{number:03}-{Path(pair.picture.file_name).stem}.png"
        if image is None:
            continue
        if path.exists() and not is_ours(path):
            raise SourceError(
                "a picture of that name is not one of ours, and is not overwritten",
                where=str(path),
                help="name another folder with --output, or draw none: --no-pictures",
            )
        write_picture(image, path)
        paths.append(path)
    return paths


def _image(pair: Pair) -> PIL.Image.Image | None:
    from loadstone.report.comparison import draw_comparison
    from loadstone.runtime.raw import RawDetections

    if not isinstance(pair.ours, RawDetections) or not isinstance(pair.theirs, RawDetections):
        return None
    ours, theirs = (
        (raw.boxes[:DRAWN], None if raw.masks is None else raw.masks[:DRAWN]) for raw in (pair.ours, pair.theirs)
    )
    return draw_comparison(pair.picture.pixels, ours, theirs)
