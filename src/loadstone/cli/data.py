"""`loadstone data PART …`: what can be done with annotated pictures. Each part is a module of its own, `data_PART`."""

from __future__ import annotations

import argparse
from importlib import import_module

SUMMARY = "inspect, check, show and convert annotated pictures"

PARTS = ("inspect", "check", "show", "convert")
"""What can be done, in the order in which a person needs it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the parts and their arguments."""
    parts = parser.add_subparsers(metavar="PART", required=True)
    for name in PARTS:
        part = import_module(f"loadstone.cli.data_{name}")
        inner = parts.add_parser(name, help=part.SUMMARY, description=part.SUMMARY, allow_abbrev=False)
        part.add_arguments(inner)
        inner.add_argument("--debug", action="store_true", help="show the traceback of an error")
        inner.set_defaults(run=part.run)


def run(arguments: argparse.Namespace) -> int:
    """Do the part that was asked for."""
    return int(arguments.run(arguments))
