"""Making an environment: with uv where it is here, else with the interpreter's own venv and pip.

What has been made is kept by its exact pins, so that a second model of the same time finds it. A folder counts as an
environment only when its mark was written, last of all; what lacks it was interrupted and is made anew.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loadstone import settings
from loadstone.environment.forms import requirements
from loadstone.environment.pythons import pythons
from loadstone.environment.versions import order
from loadstone.errors import EnvironmentLacksError, RefusedError, SourceError, TransferError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loadstone.environment.resolve import Resolution

MARK = "loadstone-environment.txt"
FIRST_CPU_WHEEL = "2.1"
"""The first TensorFlow of which every release has a wheel without CUDA, half the size, under a name of its own."""
TIMEOUT = 3600.0
"""Seconds an installation may take: 600 MB over a slow line."""


def python_of(environment: Path) -> str:
    """Return the path of an environment's interpreter."""
    inside = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    return str(environment / inside)


def kept(resolution: Resolution) -> Path:
    """Return the folder in which the environment of these pins is kept."""
    text = f"{resolution.python}\n{_requirements(resolution)}\n{sys.platform}"
    return Path(settings.home(), "environments", hashlib.sha256(text.encode()).hexdigest()[:16])


def ensure(resolution: Resolution, say: Callable[[str], None]) -> Path:
    """Return the kept environment of these pins, made if it is not there; one process at a time makes it."""
    from filelock import FileLock

    folder = kept(resolution)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not is_whole(folder):
            shutil.rmtree(folder, ignore_errors=True)
            create(resolution, folder, say)
    return folder


def is_whole(folder: Path) -> bool:
    """Return whether an environment was made to its end."""
    return (folder / MARK).is_file() and os.path.exists(python_of(folder))


@dataclass(frozen=True, slots=True)
class Kept:
    """An environment that is kept: its key, folder, Python, TensorFlow, and bytes on disk (links are not followed)."""

    key: str
    folder: str
    python: str
    tensorflow: str
    size: int


def everything() -> list[Kept]:
    """Return every whole environment that is kept, by key."""
    home = Path(settings.home(), "environments")
    folders = sorted(folder for folder in home.glob("*") if folder.is_dir() and is_whole(folder))
    return [_described(folder) for folder in folders]


def forget(key: str) -> int:
    """Remove a kept environment by its key; return the bytes that were freed. Raises `SourceError` for another name."""
    known = {one.key: one for one in everything()}
    if key not in known:
        raise SourceError(f"no environment {key!r} is kept", help="loadstone env --list")
    (Path(known[key].folder) / MARK).unlink(missing_ok=True)
    shutil.rmtree(known[key].folder, ignore_errors=True)
    return known[key].size


def _described(folder: Path) -> Kept:
    text = (folder / MARK).read_text(encoding="utf-8", errors="replace")
    python = re.search(r"^# Python (\S+)$", text, re.MULTILINE)
    tensorflow = re.search(r"^tensorflow(?:-cpu)?==(\S+)$", text, re.MULTILINE)
    size = sum(file.lstat().st_size for file in folder.rglob("*"))
    return Kept(folder.name, str(folder), python[1] if python else "", tensorflow[1] if tensorflow else "", size)


def create(resolution: Resolution, folder: Path, say: Callable[[str], None]) -> None:
    """Make the environment in a folder that is not there yet.

    `say` is told each step. Raises `RefusedError` where something lies there, `EnvironmentLacksError` where no
    interpreter fits (with the command that would install one), `TransferError` where packages cannot be had.
    """
    if folder.exists() and any(folder.iterdir()):
        raise RefusedError("the folder for the environment is not empty", where=str(folder), help="name another folder")
    interpreter = pythons().get(resolution.python)
    if interpreter is None:
        raise _no_python(resolution)
    say(f"making    {folder}  Python {resolution.python}, TensorFlow {resolution.tensorflow}")
    uv = find_uv()
    try:
        _install(resolution, folder, interpreter, uv)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    (folder / MARK).write_text(_requirements(resolution), encoding="utf-8")


def find_uv() -> str | None:
    """Return the path of uv: beside this interpreter, or on PATH; None where it is not here."""
    beside = Path(sys.executable).with_name("uv.exe" if os.name == "nt" else "uv")
    return str(beside) if beside.is_file() else shutil.which("uv")


def _install(resolution: Resolution, folder: Path, interpreter: str, uv: str | None) -> None:
    pinned = folder / "requirements.txt"
    # On the platform that the pins were resolved for they are whole, and Keras 1 would ask for Theano in vain.
    alone = ["--no-deps"] if sys.platform == "linux" and _is_x86() else []
    if uv:
        _run([uv, "venv", "--quiet", "--no-project", "--python", interpreter, str(folder)])
        install = [uv, "pip", "install", "--quiet", *alone, "--python", python_of(folder), "-r", str(pinned)]
    else:
        _run([interpreter, "-m", "venv", str(folder)])
        pip = [python_of(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        install = [*pip, *alone, "-r", str(pinned)]
    pinned.write_text(_requirements(resolution), encoding="utf-8")
    _run(install)


def _requirements(resolution: Resolution) -> str:
    """Return the pins with the wheel that has no CUDA in it, where there is one: the worker runs on the processor."""
    text = requirements(resolution)
    if order(resolution.tensorflow) < order(FIRST_CPU_WHEEL) or sys.platform == "darwin" or not _is_x86():
        return text
    return text.replace(f"\ntensorflow=={resolution.tensorflow}\n", f"\ntensorflow-cpu=={resolution.tensorflow}\n")


def _is_x86() -> bool:
    return not hasattr(os, "uname") or os.uname().machine in ("x86_64", "AMD64")


def _run(command: Sequence[str]) -> None:
    """Run an installer; its last words become the error. It gets no key of ours, and asks nothing."""
    variables = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "PIP_NO_INPUT": "1"}
    if settings.is_offline():
        variables |= {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1"}
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        variables.pop(name, None)
    try:
        done = subprocess.run(
            list(command), capture_output=True, text=True, errors="replace", env=variables, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise TransferError(f"the installation took longer than {TIMEOUT:g} s", where=command[0]) from error
    except OSError as error:
        raise EnvironmentLacksError(f"the installer cannot be started: {error.strerror}", where=command[0]) from error
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise TransferError(
            "the packages could not be installed",
            where=" ".join(command[:4]),
            found=" ".join(said[-6:])[-600:],
            help="try it by hand: " + " ".join(command),
        )


def _no_python(resolution: Resolution) -> EnvironmentLacksError:
    here = ", ".join(pythons()) or "none"
    return EnvironmentLacksError(
        f"TensorFlow {resolution.tensorflow} needs Python {resolution.python}, which is not here",
        expected=f"Python {resolution.python}",
        found=f"Python {here}",
        help=f"uv python install {resolution.python}",
    )
