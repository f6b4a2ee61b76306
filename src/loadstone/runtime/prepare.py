"""Model file → prepared network, from the cache or made in a process of its own.

The conversion reads untrusted bytes in C++ (OpenVINO's readers), so it runs in a child: whatever happens to it there,
this process gets a prepared network or an error. The parent reads nothing but what the child wrote.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from loadstone import errors
from loadstone.errors import EnvironmentLacksError, LoadstoneError, SourceError, UnsupportedModelError
from loadstone.runtime import cache
from loadstone.runtime.engine import Prepared, openvino
from loadstone.runtime.sources import model_files
from loadstone.runtime.wish import AS_FOUND, Wish

FAILURE = "failure.json"
REQUEST = "request.json"

PREPARE_SECONDS = 900
"""How long a preparation may take. The slowest graph in the zoo takes about a minute on one core."""

PLAN_VERSION = "5"
"""Raised when the same model would be prepared differently, so that old plans are not found."""


def prepared(source: str, device: str, wish: Wish = AS_FOUND, precision: str = "float32") -> tuple[Prepared, str]:
    """Return the prepared network of a model file or folder, and its key in the cache."""
    files = model_files(source) + ([Path(os.path.abspath(wish.config))] if wish.config else [])
    salt = _salt(device) + (f"\nclasses {wish.num_classes}, config {bool(wish.config)}" if wish else "")
    salt += "" if precision == "float32" else f"\n{precision}"
    key = cache.recall(files, salt)
    if key is not None and (found := cache.find(key)) is not None:
        return found, key
    key = cache.content_key(files, salt)
    found = cache.find(key)
    if found is None:
        found = prepare(source, device, key, wish, precision)
    cache.remember(files, salt, key)
    return found, key


def _salt(device: str) -> str:
    """Return what else than the files a plan depends on: the versions, the device, and the processor it is for."""
    from loadstone import __version__

    ov = openvino()
    core = ov.Core()
    try:
        # Reading the processor's name needs the device's plug-in, which the network needs anyway.
        processor = core.get_property("CPU" if device.startswith("CPU") else device, "FULL_DEVICE_NAME")
    except RuntimeError as error:
        raise EnvironmentLacksError(
            f"OpenVINO knows no device {device} here",
            expected=f"one of {', '.join(core.available_devices)}",
            help="name another with --device",
        ) from error
    return "\n".join([PLAN_VERSION, __version__, ov.__version__, device, str(processor)])


def prepare(source: str, device: str, key: str, wish: Wish = AS_FOUND, precision: str = "float32") -> Prepared:
    """Convert and compile in a child process, read what it wrote, and keep it in the cache."""
    folder = cache.workplace()
    try:
        request = {"source": os.path.abspath(source), "device": device, "wish": wish.as_json()}
        request["precision"] = precision
        (folder / REQUEST).write_text(json.dumps(request), encoding="utf-8")
        _run_child(folder, source)
        found = cache.read_files(folder)
        (folder / REQUEST).unlink()
        cache.keep(folder, key)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return found


def _run_child(folder: Path, source: str) -> None:
    # -P keeps the folder the user stands in, which may be the model's, from being imported from.
    command = [sys.executable, "-P", "-m", "loadstone.runtime.prepare_worker", str(folder)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PREPARE_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise UnsupportedModelError(
            "preparing the model took too long and was stopped", where=source, expected=f"at most {PREPARE_SECONDS} s"
        ) from error
    if (folder / FAILURE).is_file():
        raise _told_failure((folder / FAILURE).read_bytes())
    if done.returncode != 0 or not (folder / cache.MANIFEST).is_file():
        raise _crash(done.returncode, done.stderr, source)


def _told_failure(record: bytes) -> LoadstoneError:
    """Return the error that the child wrote down."""
    try:
        told: dict[str, Any] = json.loads(record)
        kind = getattr(errors, told.pop("class"))
        return kind(told.pop("message"), **told)  # type: ignore[no-any-return]
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise SourceError("preparing the model failed, and its account of why is unreadable") from error


def _crash(code: int, said: bytes, source: str) -> UnsupportedModelError:
    """Return the error for a child that died: by which signal, and its last words."""
    cause = f"exit code {code}"
    if code < 0:
        cause = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    words = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return UnsupportedModelError(
        f"the reader of the model died while preparing it ({cause})",
        where=source,
        found=words[-1][:300] if words else "no last words",
        help="run `loadstone inspect` on the file to see whether it is whole",
    )
