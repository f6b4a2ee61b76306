"""The environment of another interpreter (`--python path`): the probe is run with it, and nothing of it is imported."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.environment.here import from_probe
from loadstone.errors import EnvironmentLacksError, SourceError

if TYPE_CHECKING:
    from loadstone.facts.environment import Environment

PROBE = Path(__file__).with_name("probe.py")
TIMEOUT = 30.0
"""Seconds that the other interpreter may take: 0.05 is usual, and a network drive's first start may take ten."""


def other(python: str, *, gpu: bool = True, timeout: float = TIMEOUT) -> Environment:
    """Return what the interpreter at a path (or of a name on PATH, or a virtual environment's folder) has.

    Raises `SourceError` where there is none, `EnvironmentLacksError` where it does not start, is older than 3.7, does
    not answer within `timeout` seconds, or answers something else.
    """
    path = interpreter(python)
    return from_probe(_ask(path, timeout), name=path, gpu=gpu)


def interpreter(python: str) -> str:
    """Return the path of the interpreter that was meant: a file, a virtual environment's folder, or a name on PATH."""
    path = os.path.expanduser(python)
    if os.path.isdir(path):
        inside = [
            os.path.join(path, *parts) for parts in (("bin", "python"), ("Scripts", "python.exe"), ("python.exe",))
        ]
        found = next(filter(os.path.isfile, inside), None)
        if found is None:
            raise SourceError("the folder holds no Python interpreter", where=path, expected="bin/python in it")
        return found
    if os.path.isfile(path):
        return path
    on_path = shutil.which(python)
    if on_path is None:
        raise SourceError(
            "there is no such Python interpreter",
            where=python,
            expected="the path of a python program, or a description such as tensorflow==2.15,python==3.11",
            help="give one of the two",
        )
    return on_path


def _ask(path: str, timeout: float) -> dict[str, Any]:
    # Handed over as text: a script's own folder would be the first on its path, and this room's modules with it.
    command = [path, "-c", PROBE.read_text(encoding="utf-8")]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise _silent(path, f"no answer within {timeout:g} s") from None
    except OSError as error:
        raise _silent(path, f"it cannot be started: {error.strerror or error}") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise _silent(path, f"exit code {done.returncode}" + (f", {said[-1].strip()}" if said else ""))
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise _silent(path, f"an answer of {len(done.stdout)} characters that is not JSON") from None
    if not isinstance(answer, dict) or not {"python", "packages", "paths", "variables", "copies"} <= answer.keys():
        raise _silent(path, "an answer without the expected fields")
    return answer


def _silent(path: str, found: str) -> EnvironmentLacksError:
    return EnvironmentLacksError(
        "the interpreter cannot be asked what it has",
        where=path,
        expected="Python 3.7 or newer that runs a program",
        found=found,
        help=f"{path} --version",
    )
