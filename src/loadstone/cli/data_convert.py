"""`loadstone data convert SOURCE --to FORMAT --output FOLDER`: the same annotated pictures in another format."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from loadstone.report.plain import plain

if TYPE_CHECKING:
    from loadstone.datasets.convert import Converted

SUMMARY = "write a dataset in another format, and say what that cannot hold"
FORMATS = ("coco", "voc", "yolo", "csv", "tfrecord")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from loadstone.cli.data_arguments import add_source

    add_source(parser)
    parser.add_argument("--to", metavar="FORMAT", required=True, choices=FORMATS, help=", ".join(FORMATS))
    parser.add_argument("--output", metavar="FOLDER", required=True, help="a folder that does not exist yet")
    files = parser.add_mutually_exclusive_group()
    files.add_argument(
        "--copy", dest="files", action="store_const", const="copy", default="copy", help="copy the pictures (default)"
    )
    files.add_argument(
        "--link", dest="files", action="store_const", const="link", help="link them hard: no room is taken"
    )
    files.add_argument("--no-pictures", dest="files", action="store_const", const="none", help="write annotations only")
    parser.add_argument(
        "--split", metavar="PARTS", type=_parts, default=(), help="divide anew into train, val (and test): 0.8,0.2"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="another division of the same parts")
    parser.add_argument("--shards", metavar="N", type=_count, default=1, help="record files for each split (tfrecord)")
    parser.add_argument("--only", metavar="NAMES", help="keep these classes, in this order: dog,cat")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Convert one dataset. Exit code 1 where part of the source could not be read, so that the copy lacks it."""
    from loadstone.cli.data_arguments import open_source
    from loadstone.cli.progress import Progress
    from loadstone.datasets.convert import convert

    dataset = open_source(arguments)
    only = [name.strip() for name in arguments.only.split(",")] if arguments.only else None
    with Progress(len(dataset.examples), what="pictures") as progress:
        done = convert(
            dataset,
            to=arguments.to,
            output=arguments.output,
            files=arguments.files,
            split=arguments.split,
            shards=arguments.shards,
            classes=only,
            seed=arguments.seed,
            step=progress.step,
        )
    if arguments.json:
        print(_document(done, dataset.skipped))
    else:
        print(plain_text(done))
        for sentence in dataset.skipped:
            print(plain(f"skipped   {sentence}"), file=sys.stderr)
    return 1 if dataset.skipped or done.left else 0


def plain_text(done: Converted) -> str:
    """Return what was written in a line, and a line for each loss."""
    splits = ", ".join(f"{count:,} {name}" for name, count in done.splits.items())
    counts = f"{done.pictures:,} pictures{f' ({splits})' if splits else ''}, {done.objects:,} objects"
    lines = [f"wrote     {done.output}   {done.format}: {counts}; read again, they agree"]
    return "\n".join(map(plain, [*lines, *(f"note      {note}" for note in done.notes)]))


def _document(done: Converted, skipped: tuple[str, ...]) -> str:
    import json

    document = {
        "schema_version": 1,
        "output": str(done.output),
        "format": done.format,
        "pictures": done.pictures,
        "objects": done.objects,
        "splits": dict(done.splits),
        "notes": list(done.notes),
        "skipped": list(skipped),
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _parts(text: str) -> tuple[float, ...]:
    try:
        parts = tuple(float(word) for word in text.split(","))
    except ValueError:
        parts = ()
    if len(parts) not in (2, 3) or not all(0 <= part < float("inf") for part in parts) or not sum(parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not two or three parts: 0.8,0.2")
    return parts


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text[:9]) <= 100_000 or len(text) > 6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 100,000")
    return int(text)
