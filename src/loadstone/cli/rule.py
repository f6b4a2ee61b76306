"""`loadstone rule NAME`: the page of one fault or repair."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from loadstone.cli import EXIT_USAGE

if TYPE_CHECKING:
    import argparse

SUMMARY = "print the page of one fault or repair, or list all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "name", nargs="?", help="a fault's or a repair's name, as check, explain and fix print it; none: list all"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print a fault's or a repair's page. Exit code 2 for a name that is neither's."""
    from loadstone.checks.registry import faults
    from loadstone.repairs.registry import names

    if arguments.name is None:
        for name, (family, _) in faults().items():
            print(f"{family:<11} {name}")
        for name, family in names().items():
            print(f"{family:<11} {name} (repair)")
        return 0
    name = arguments.name.replace(":", "-")
    if name in faults():
        print(_fault_page(name))
    elif name in names():
        print(_repair_page(name))
    else:
        from difflib import get_close_matches

        near = get_close_matches(name, [*faults(), *names()], n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "loadstone rule lists all"
        print(f"error     there is no fault or repair {name!r}\n  help      {hint}", file=sys.stderr)
        return EXIT_USAGE
    return 0


def _fault_page(name: str) -> str:
    from loadstone.checks.registry import module

    page = module(name)
    lines = [name, "", (page.__doc__ or "").strip(), "", f"repair     {page.FAULT.repair or 'none'}"]
    if page.FAULT.reference:
        lines.append(f"reference  {page.FAULT.reference}")
    return "\n".join(lines)


def _repair_page(name: str) -> str:
    """Return a repair's page, with the faults that it mends."""
    from loadstone.checks import registry
    from loadstone.repairs.registry import module

    page = module(name)
    mended = [fault for fault in registry.faults() if registry.module(fault).FAULT.repair == name]
    lines = [f"{name} (repair)", "", (page.__doc__ or "").strip(), "", f"mends      {', '.join(mended) or 'no fault'}"]
    if getattr(page, "ON_REQUEST", False):
        lines.append(f"planned    only where it is named: loadstone fix SOURCE --only {name}")
    return "\n".join(lines)
