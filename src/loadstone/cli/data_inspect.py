"""`loadstone data inspect SOURCE`: what a dataset is, on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

SUMMARY = "say what a dataset is: format, splits, pictures, classes with their counts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from loadstone.cli.data_arguments import add_source

    add_source(parser)
    parser.add_argument("--all", action="store_true", help="every class, and every sentence on what was skipped")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Show one dataset; exit code 0 also where part of it could not be read, which is said."""
    from loadstone.cli.data_arguments import open_source
    from loadstone.report.dataset_text import dataset_document, dataset_text

    dataset = open_source(arguments)
    if arguments.json:
        import json

        print(json.dumps(dataset_document(dataset), ensure_ascii=False, indent=1))
    else:
        print(dataset_text(dataset, everything=arguments.all))
    return 0
