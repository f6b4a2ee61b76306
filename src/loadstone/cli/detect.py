"""`loadstone detect MODEL IMAGE…`: find objects in pictures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from loadstone.cli import EXIT_USAGE
from loadstone.cli.argument_types import positive, share
from loadstone.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from loadstone.api.model import AnyDetector
    from loadstone.cli.detect_output import Output, Wishes
    from loadstone.runtime.filters import Rule
    from loadstone.runtime.pictures.picture_files import BadPicture, Picture
    from loadstone.runtime.pictures.picture_sources import PictureSource

SUMMARY = "find objects in pictures: boxes, scores and names, without TensorFlow"

EXIT_BAD_PICTURES = 1
DEFAULT_FOLDER = Path("detections")
PICTURES_AHEAD = 4
"""Pictures that are decoded while the detector works; each may take 256 MiB at the largest, most take 6."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("model", help="a model file or folder: frozen graph, SavedModel, MetaGraph, TFLite, Keras")
    parser.add_argument(
        "images",
        nargs="+",
        metavar="IMAGE",
        help="file, folder, pattern, http(s) address, video, camera index, or - for a list on standard input",
    )
    wanted = parser.add_argument_group("what to keep")
    wanted.add_argument("--conf", type=share, metavar="SCORE", help="least score, 0 to 1 (default 0.25)")
    wanted.add_argument("--iou", type=share, help="suppress boxes of one class that overlap by more than this")
    wanted.add_argument(
        "--classes", action="append", metavar="LIST", help="only these class ids or names: dog,cat or 17"
    )
    wanted.add_argument("--max-det", type=positive, metavar="N", help="at most N objects a picture (default 300)")
    wanted.add_argument("--labels", metavar="FILE", help="label map (.pbtxt) or names, one a line")
    how = add_running(parser)
    how.add_argument("--ignore-exif", action="store_true", help="take pictures as stored, not as the camera was held")
    how.add_argument("--vid-stride", type=positive, default=1, metavar="N", help="every N-th frame of a video")
    out = parser.add_argument_group("where results go")
    out.add_argument("-o", "--output", type=Path, metavar="DIR", help=f"drawn pictures (default {DEFAULT_FOLDER}/)")
    out.add_argument("--no-pictures", action="store_true", help="draw no pictures")
    out.add_argument("--json", action="store_true", help="one JSON record a picture, one a line, on standard output")
    out.add_argument("--coco", type=Path, metavar="FILE", help="write COCO results")
    out.add_argument("--csv", type=Path, metavar="FILE", help="write one row an object")
    out.add_argument("-q", "--quiet", action="store_true", help="no line a picture, no progress")


def add_running(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Declare how a detector is opened and run, which `opened_detector` takes; return the group of these options."""
    how = parser.add_argument_group("how to run")
    how.add_argument("--batch", type=positive, default=1, metavar="N", help="pictures a run (default 1)")
    how.add_argument("--device", default="CPU", help="OpenVINO device: CPU, GPU, NPU (default CPU)")
    how.add_argument(
        "--precision",
        default="float32",
        choices=("float32", "float16", "int8"),
        help="how the network computes: float32 (default), float16 weights, or int8 convolutions",
    )
    how.add_argument("--streams", type=positive, default=1, metavar="N", help="pictures side by side (default 1)")
    how.add_argument("--isolated", action="store_true", help="run it with its own TensorFlow, in an environment for it")
    how.add_argument("--custom", metavar="FILE", default="", help="your module with its custom layers; runs isolated")
    how.add_argument("--python", metavar="PATH", default="", help="isolated in an environment that is here: its path")
    how.add_argument("--trust", action="store_true", help="isolated: let code that stands in the file run")
    return how


def run(arguments: argparse.Namespace) -> int:
    """Detect in every picture; exit code 1 when a picture could not be had."""
    from loadstone.cli.detect_output import opened
    from loadstone.cli.progress import Progress
    from loadstone.runtime.detecting import Outcome, detect
    from loadstone.runtime.pictures.picture_sources import count_of

    _quieten_pillow()
    detector = _open(arguments)
    rule = _rule(arguments, detector)
    sources = _sources(arguments)
    wishes = _wishes(arguments)
    outcomes = detect(detector, _pictures(sources, arguments), rule=rule, batch=max(arguments.batch, arguments.streams))
    with opened(wishes) as output:
        with Progress(count_of(sources), what="images", quiet=arguments.quiet) as progress:
            for outcome in outcomes:
                if isinstance(outcome, Outcome):
                    output.add(outcome)
                else:
                    output.add_bad(outcome)
                progress.step()
        output.finish()
        _close(output, wishes)
    return EXIT_BAD_PICTURES if output.bad else 0


def _open(arguments: argparse.Namespace) -> AnyDetector:
    import time

    began = time.perf_counter()
    detector = opened_detector(arguments)
    if arguments.coco and detector.task != "detection":
        raise _usage(SourceError("--coco needs a detector", found=f"a model for {detector.task}"))
    if not arguments.quiet:
        size = f", {detector.input_size[1]}×{detector.input_size[0]}" if detector.input_size else ""
        names = f", {len(detector.labels)} named classes" if detector.labels else ", no names found (--labels FILE)"
        spent = time.perf_counter() - began
        print(f"{arguments.model}  {detector.task}{size}{names}   opened in {spent:.2f} s", file=sys.stderr)
        for note in detector.notes:
            print(f"  note      {note}", file=sys.stderr)
    return detector


def opened_detector(arguments: argparse.Namespace) -> AnyDetector:
    """Open the detector that the options of `add_running`, `model`, `labels` and `quiet` describe."""
    return opened_and_own(arguments)[0]


def opened_and_own(arguments: argparse.Namespace) -> tuple[AnyDetector, Mapping[int, str]]:
    """Open the detector as `opened_detector` does; return the names too that its own files give its classes."""
    from loadstone.whereabouts import whereabouts

    path = whereabouts(arguments.model, to_run=True)
    detector = _detector_at(path, arguments)
    own = detector.labels
    if arguments.labels:
        from loadstone.runtime.labels import read_labels

        detector.labels = read_labels(Path(arguments.labels), first_id=detector.first_class_id)
    return detector, own


def _detector_at(path: str, arguments: argparse.Namespace) -> AnyDetector:
    settings = {"device": arguments.device, "precision": arguments.precision, "streams": arguments.streams}
    if arguments.isolated or arguments.custom or arguments.python:
        from loadstone.runtime.isolated.detector import open_isolated
        from loadstone.runtime.wish import refuse_unused

        refuse_unused("a model in an environment of its own", **settings)

        def say(line: str) -> None:
            if not arguments.quiet:
                print(line, file=sys.stderr)

        how = {"custom": arguments.custom, "trust": arguments.trust, "python": arguments.python}
        return open_isolated(path, **how, say=say)
    from loadstone.runtime import open_detector

    return open_detector(path, **settings)


def _rule(arguments: argparse.Namespace, detector: AnyDetector) -> Rule:
    from loadstone.runtime.filters import CONFIDENCE, MOST_DETECTIONS, Rule, class_ids_of

    try:
        class_ids = class_ids_of(arguments.classes, detector.labels) if arguments.classes else None
    except SourceError as error:
        raise _usage(error) from error
    confidence = CONFIDENCE if arguments.conf is None else arguments.conf
    return Rule(confidence, arguments.iou, class_ids, arguments.max_det or MOST_DETECTIONS)


def _usage(error: SourceError) -> SourceError:
    """Make an error of what the user typed end in the exit code for that."""
    error.exit_code = EXIT_USAGE
    return error


def _sources(arguments: argparse.Namespace) -> list[PictureSource]:
    from loadstone.runtime.pictures.picture_sources import expand

    sources = expand(arguments.images, sys.stdin if "-" in arguments.images else ())
    if not sources:
        raise SourceError(
            "no picture was named", help="give files, folders or patterns, or lines on standard input for -"
        )
    return sources


def _pictures(sources: list[PictureSource], arguments: argparse.Namespace) -> Iterator[Picture | BadPicture]:
    from loadstone.runtime.pictures.picture_sources import ahead, count_of, pictures

    coming = pictures(sources, ignore_exif=arguments.ignore_exif, stride=arguments.vid_stride)
    return coming if count_of(sources) == 1 else ahead(coming, max(PICTURES_AHEAD, arguments.batch))


def _wishes(arguments: argparse.Namespace) -> Wishes:
    """Draw pictures when a folder is named, or when nothing else was asked for."""
    from loadstone.cli.detect_output import Wishes

    machine = arguments.json or arguments.coco or arguments.csv
    folder = arguments.output or (None if machine else DEFAULT_FOLDER)
    return Wishes(
        folder=None if arguments.no_pictures else folder,
        json=arguments.json,
        coco=arguments.coco,
        csv=arguments.csv,
        quiet=arguments.quiet,
    )


def _close(output: Output, wishes: Wishes) -> None:
    if wishes.quiet:
        return
    if output.written:
        print(f"wrote     {', '.join(output.written)}", file=sys.stderr)
    if output.bad:
        print(f"skipped   {output.bad:,} of {output.bad + output.pictures:,}", file=sys.stderr)


def _quieten_pillow() -> None:
    """Pillow's remarks on odd metadata are not the user's business; its alarm about size is an error here."""
    import logging
    import warnings

    from PIL import Image

    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"PIL\.")
    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
