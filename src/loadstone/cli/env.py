"""`loadstone env SOURCE`: the environment that suits this file: exact versions, made if asked for, and used."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

from loadstone.cli import EXIT_USAGE

if TYPE_CHECKING:
    import argparse

    from loadstone.environment.resolve import Resolution

SUMMARY = "work out, make and use the environment that suits a model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "source", nargs="?", help="a model file, folder, checkpoint prefix or archive; or a name or address"
    )
    parser.add_argument("--create", metavar="DIR", help="make the environment in this folder")
    parser.add_argument("--run", metavar="CMD", help="run a command line in it (in DIR, or in one that is kept for it)")
    parser.add_argument(
        "--format",
        choices=("requirements", "pyproject", "conda"),
        default="requirements",
        help="how it is written down (default requirements)",
    )
    parser.add_argument("--tensorflow", metavar="VERSION", default="", help="demand this feature release")
    parser.add_argument("--python", metavar="VERSION", default="", help="demand this Python, such as 3.10")
    parser.add_argument("--list", action="store_true", help="show the environments that are kept here")
    parser.add_argument("--remove", metavar="KEY", help="remove one that is kept, by the key that --list shows")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Print the environment, or make it, or run a command in it and return that command's exit code."""
    if arguments.list or arguments.remove:
        return _keep_house(arguments)
    if arguments.source is None:
        print("error     no model is named\n  help      loadstone env SOURCE, or loadstone env --list", file=sys.stderr)
        return EXIT_USAGE
    from loadstone.environment.pythons import pythons
    from loadstone.environment.resolve import resolve
    from loadstone.formats.registry import open_source
    from loadstone.whereabouts import whereabouts

    model = open_source(whereabouts(arguments.source))
    found = resolve(model, pythons(), tensorflow=arguments.tensorflow, python=arguments.python)
    folder = _made(arguments, found) if arguments.create or arguments.run else ""
    if arguments.run:
        return _run(arguments.run, folder, found)
    if arguments.json:
        import json

        print(json.dumps(_document(arguments.source, found, folder), ensure_ascii=False, indent=1))
    elif not arguments.create:
        _print(found, arguments)
    return 0


def _keep_house(arguments: argparse.Namespace) -> int:
    """List the environments that are kept, or remove one."""
    from loadstone.runtime.isolated.create import everything, forget

    if arguments.remove:
        print(f"removed   {arguments.remove}  {forget(arguments.remove) / 1e6:,.1f} MB", file=sys.stderr)
        return 0
    kept = everything()
    if arguments.json:
        import json
        from dataclasses import asdict

        print(json.dumps({"schema_version": 1, "environments": [asdict(one) for one in kept]}, indent=1))
        return 0
    for one in kept:
        print(f"{one.size / 1e6:>10,.1f} MB  {one.key}  Python {one.python:<5} TensorFlow {one.tensorflow}")
    print(f"{sum(one.size for one in kept) / 1e6:>10,.1f} MB  in {len(kept)} environments", file=sys.stderr)
    return 0


def _print(found: Resolution, arguments: argparse.Namespace) -> None:
    from loadstone.environment.forms import written

    print(written(found, arguments.format), end="")
    if not found.found:
        print(f"note      Python {found.python} is not here", file=sys.stderr)
        print(f"  help      uv python install {found.python}", file=sys.stderr)


def _made(arguments: argparse.Namespace, found: Resolution) -> str:
    """Return the environment's folder, made where it is not there; each step is told on standard error."""
    from pathlib import Path

    from loadstone.runtime.isolated.create import create, ensure, is_whole, python_of

    def say(line: str) -> None:
        print(line, file=sys.stderr)

    if not arguments.create:
        return str(ensure(found, say))
    folder = Path(arguments.create).absolute()
    if not (arguments.run and is_whole(folder)):
        create(found, folder, say)
        say(f"made      {python_of(folder)}")
    return str(folder)


def _run(command: str, folder: str, found: Resolution) -> int:
    """Run a command line as the person would after activating the environment; no shell stands between."""
    import os
    import shlex

    from loadstone.errors import EnvironmentLacksError

    programs = os.path.join(folder, "Scripts" if os.name == "nt" else "bin")
    path = os.pathsep.join([programs, os.environ.get("PATH", "")])
    variables = {**os.environ, "PATH": path, "VIRTUAL_ENV": folder, **(found.variables or {})}
    variables.pop("PYTHONHOME", None)
    try:
        # Raises for a quote that is not closed, and for no word at all.
        program, *words = shlex.split(command, posix=os.name != "nt")
        inside = os.path.join(programs, program)
        found_here = inside if os.path.exists(inside) else program
        return subprocess.run([found_here, *words], env=variables, check=False).returncode
    except (OSError, ValueError) as error:
        raise EnvironmentLacksError(
            "the command cannot be run in the environment", where=folder, found=str(error)
        ) from error


def _document(source: str, found: Resolution, folder: str) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "source": source,
        "python": found.python,
        "python_found": found.found,
        "tensorflow": found.tensorflow,
        "packages": dict(found.pins),
        "variables": dict(found.variables or {}),
        "wrote": found.wrote,
        "reasons": list(found.reasons),
        "folder": folder or None,
    }
