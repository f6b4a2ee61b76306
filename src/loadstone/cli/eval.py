"""`loadstone eval MODEL --data DIR`: how good a detector is on annotated pictures."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from loadstone.cli.argument_types import positive, share
from loadstone.cli.detect import add_running
from loadstone.errors import SourceError

if TYPE_CHECKING:
    from loadstone.api.eval import Wish
    from loadstone.facts.evaluation import Evaluation

SUMMARY = "measure a detector on annotated pictures: COCO, Pascal VOC, Open Images"

EXIT_FINDINGS = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("model", help="a detector's file or folder, as for detect")
    parser.add_argument(
        "--data", required=True, metavar="DIR", help="annotated pictures: a folder or file of any format"
    )
    parser.add_argument(
        "--split", metavar="NAME", help="train, val or test (default: val, else test, else all there is)"
    )
    wanted = parser.add_argument_group("what to measure")
    wanted.add_argument(
        "--metrics",
        action="append",
        metavar="LIST",
        help="coco, voc, oid or several with commas; the first is what --min-map means (default coco)",
    )
    wanted.add_argument("--conf", type=share, default=0.001, metavar="SCORE", help="least score (default 0.001)")
    wanted.add_argument("--iou", type=share, help="suppress boxes of one class that overlap by more than this")
    wanted.add_argument("--max-det", type=positive, default=100, metavar="N", help="at most N a picture (default 100)")
    wanted.add_argument("--labels", metavar="FILE", help="the model's classes: label map (.pbtxt) or names, one a line")
    wanted.add_argument("--min-map", type=share, metavar="MAP", help="exit code 1 where the mean is below this, 0 to 1")
    add_running(parser)
    out = parser.add_argument_group("where results go")
    out.add_argument("--html", type=Path, metavar="FILE", help="write a page: curves, confusion, the worst mistakes")
    out.add_argument("--csv", type=Path, metavar="FILE", help="write one row a class")
    out.add_argument("--json", action="store_true", help="everything as JSON on standard output")
    out.add_argument("-q", "--quiet", action="store_true", help="no progress")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate; exit code 1 where a picture could not be had, or the mean is below the one that was asked for."""
    from loadstone.cli.quiet import quieten

    quieten()
    from loadstone.api.eval import dataset_of, evaluate_detector
    from loadstone.cli.detect import opened_and_own
    from loadstone.cli.progress import Progress

    wish = _wish(arguments)
    # The data is looked at first: it takes less time than a model, and a wrong name should not cost one.
    dataset = dataset_of(arguments.data)
    detector, own = opened_and_own(arguments)
    with ExitStack() as stack:
        shown: list[Progress] = []

        def step(total: int) -> None:
            if not shown:
                shown.append(stack.enter_context(Progress(total, what="images", quiet=arguments.quiet)))
            shown[0].step()

        done = evaluate_detector(detector, arguments.model, dataset, wish, step=step, own=own)
    _tell(done, arguments)
    below = arguments.min_map is not None and _below(done, arguments.min_map)
    return EXIT_FINDINGS if below or done.skipped else 0


def _wish(arguments: argparse.Namespace) -> Wish:
    from loadstone.api.eval import Wish
    from loadstone.cli import EXIT_USAGE
    from loadstone.evaluation.whole import checked_families

    words = ",".join(arguments.metrics or ["coco"]).split(",")
    try:
        families = checked_families([word.strip() for word in words])
    except SourceError as error:
        error.exit_code = EXIT_USAGE
        raise
    return Wish(arguments.split, families, arguments.conf, arguments.iou, arguments.max_det, arguments.batch)


def _tell(done: Evaluation, arguments: argparse.Namespace) -> None:
    """Print the report, and write the others that were asked for."""
    from loadstone.report.evaluation_text import evaluation_text
    from loadstone.report.plain import plain

    for line in done.skipped:
        print(plain(f"skipped   {line}"), file=sys.stderr)
    if arguments.json:
        import json

        print(json.dumps(done.as_json(), ensure_ascii=False))
    else:
        print(evaluation_text(done))
    for path, write in ((arguments.html, done.save_html), (arguments.csv, done.save_csv)):
        if path is not None:
            write(path)
            print(f"wrote     {path}", file=sys.stderr)


def _below(done: Evaluation, least: float) -> bool:
    """Whether the mean is below the mark, and say so: what cannot be measured does not reach it either."""
    # Six decimals, as everywhere a number is shown: a mean of ones may miss 1 by its last bit.
    if round(done.mean, 6) >= least:
        return False
    mean = "not measurable" if done.mean != done.mean else f"{done.mean:.4f}"
    print(f"below     {done.metrics[0].title} is {mean}, and at least {least:g} was asked for", file=sys.stderr)
    return True
