"""`loadstone record PATH`: write down what a model is today, for `check` to compare with later."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

SUMMARY = "write a record beside a model, which check compares later"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("source", help="a model's file, folder or checkpoint prefix")


def run(arguments: argparse.Namespace) -> int:
    """Record one model; an older record is replaced."""
    from loadstone.api.record import record

    print(f"wrote     {record(arguments.source)}")
    return 0
