"""`loadstone diff A B`: what differs between two models, checkpoints, configurations or environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

SUMMARY = "say what differs between two models, checkpoints, configurations or environments"
EXIT_DIFFERENT = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    words = "a model, checkpoint, configuration or label map; or a Python, tensorflow==2.15, or here"
    parser.add_argument("left", help=words)
    parser.add_argument("right", help="what it is compared with")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Compare two sources. Exit code 0 where they are the same, 1 where they differ."""
    from loadstone.api.diff import diff

    found = diff(arguments.left, arguments.right)
    if arguments.json:
        import json

        print(json.dumps(found.as_json(), ensure_ascii=False, indent=1))
    else:
        print(found)
    return EXIT_DIFFERENT if found else 0
