"""`loadstone data check FOLDER`: what is wrong with a dataset, with the places and the remedy."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadstone.datasets.check.subject import Subject
    from loadstone.facts.finding import CheckReport

SUMMARY = "say what is wrong with a dataset: boxes, classes, pictures, leaks between its parts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from loadstone.cli.data_arguments import add_source

    add_source(parser)
    parser.add_argument("--against", metavar="OTHER", help="another dataset, which must share no picture with it")
    parser.add_argument(
        "--input-size", metavar="SIDE", type=_size, help="tell boxes that become too small at it: 320, or 640x480"
    )
    parser.add_argument(
        "--config", metavar="FILE", help="a pipeline.config: its input, and boxes that no anchor of it could match"
    )
    parser.add_argument("--no-pictures", action="store_true", help="look at annotations only; read no picture")
    parser.add_argument("--html", metavar="FILE", help="write one page: findings, class balance, box sizes")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Check one dataset. Exit code 1 where something above `info` was found, 3 where part of it could not be read."""
    from loadstone.cli.check import exit_code
    from loadstone.datasets.check import report

    subject = _examined(arguments)
    found = report(subject)
    if arguments.html:
        _write_page(arguments.html, subject, found)
    print(_json(subject, found) if arguments.json else str(found))
    return exit_code(found)


def _examined(arguments: argparse.Namespace) -> Subject:
    from loadstone.api.data import examined, shapes_of
    from loadstone.cli.data_arguments import open_source
    from loadstone.cli.progress import Progress
    from loadstone.datasets.find import open_dataset

    shapes = shapes_of(input_size=arguments.input_size, config=arguments.config)
    dataset = open_source(arguments)
    other = open_dataset(arguments.against) if arguments.against else None
    total = len(dataset.examples) + (len(other.examples) if other is not None else 0)
    with Progress(total, what="pictures", quiet=arguments.no_pictures) as progress:
        return examined(dataset, against=other, shapes=shapes, pictures=not arguments.no_pictures, step=progress.step)


def _write_page(path: str, subject: Subject, found: CheckReport) -> None:
    from loadstone.datasets.check.statistics import statistics
    from loadstone.report.dataset_html import write_html

    write_html(path, found, statistics(subject))


def _json(subject: Subject, found: CheckReport) -> str:
    import json
    from dataclasses import asdict

    from loadstone.datasets.check.statistics import statistics

    document = found.as_json() | {"statistics": asdict(statistics(subject))}
    return json.dumps(document, ensure_ascii=False, indent=1)


def _size(text: str) -> tuple[int, int]:
    """Return (width, height) of `320` or `640x480`."""
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(side.isdecimal() and 0 < int(side) <= 100_000 for side in sides):
        raise argparse.ArgumentTypeError(f"{text!r} is no size: 320, or 640x480")
    return int(sides[0]), int(sides[-1])
