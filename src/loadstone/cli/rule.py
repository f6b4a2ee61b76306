"""`loadstone rule NAME`: the page of one fault."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from loadstone.cli import EXIT_USAGE

if TYPE_CHECKING:
    import argparse

SUMMARY = "print the page of one fault, or list all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", nargs="?", help="a fault's name, as check and explain print it; none: list all")


def run(arguments: argparse.Namespace) -> int:
    """Print a fault's page. Exit code 2 for a name that is no fault's."""
    from loadstone.checks.registry import faults, module

    if arguments.name is None:
        for name, (family, _) in faults().items():
            print(f"{family:<11} {name}")
        return 0
    name = arguments.name.replace(":", "-")
    if name not in faults():
        from difflib import get_close_matches

        near = get_close_matches(name, faults(), n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "loadstone rule lists all"
        print(f"error     there is no fault {name!r}\n  help      {hint}", file=sys.stderr)
        return EXIT_USAGE
    page = module(name)
    print(f"{name}\n\n{(page.__doc__ or '').strip()}\n\nrepair     {page.FAULT.repair or 'none'}")
    if page.FAULT.reference:
        print(f"reference  {page.FAULT.reference}")
    return 0
