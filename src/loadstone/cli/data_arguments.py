"""What every part of `loadstone data` that opens a dataset takes, and the opening."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from loadstone.facts.dataset import Dataset


def add_source(parser: argparse.ArgumentParser) -> None:
    """Declare the dataset and what says how it is to be read."""
    parser.add_argument("source", help="a folder of annotated pictures, an annotation file, or a pattern of records")
    formats = "coco, voc, yolo, csv, tfrecord, labelme, createml or via"
    parser.add_argument("--format", metavar="NAME", help=f"{formats}; default: found by itself")
    parser.add_argument(
        "--pictures", metavar="FOLDER", action="append", default=[], help="where pictures lie, if elsewhere"
    )
    parser.add_argument("--classes", metavar="FILE", help="a label map, or a list of names, one a line")


def open_source(arguments: argparse.Namespace) -> Dataset:
    """Open the dataset that the arguments name."""
    from loadstone.datasets.find import open_dataset

    return open_dataset(
        arguments.source, format=arguments.format, pictures=arguments.pictures, classes=arguments.classes
    )
