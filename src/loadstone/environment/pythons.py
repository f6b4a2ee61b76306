"""The Python interpreters that are on this machine, by feature release: nothing is installed to find them.

Looked at: PATH, the folders of pyenv, uv, conda and Windows' own installer, and this interpreter. One whose folder is
not named for its version is asked. Shims are passed over: their names promise interpreters that are not there.
"""

from __future__ import annotations

import glob
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

from loadstone.environment.versions import minor_of, order

_ASK = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
_TIMEOUT = 10.0
_PATTERNS = (
    "~/.pyenv/versions/*/bin/python",
    "~/.local/share/uv/python/*/bin/python3",
    "~/.local/share/mise/installs/python/*/bin/python",
    "~/.asdf/installs/python/*/bin/python",
    "~/miniconda3/bin/python",
    "~/miniconda3/envs/*/bin/python",
    "~/anaconda3/envs/*/bin/python",
    "/opt/conda/envs/*/bin/python",
    "/opt/python*/bin/python3",
    "/Library/Frameworks/Python.framework/Versions/3.*/bin/python3",
    "~/AppData/Local/Programs/Python/Python3*/python.exe",
    "~/AppData/Roaming/uv/python/*/python.exe",
)
_OLDEST = "3.7"
"""The oldest Python that the tables have packages for."""
_NEWEST_MINOR = 16


@cache
def pythons() -> dict[str, str]:
    """Return feature release -> path of the newest interpreter of it; `{"3.7": "/usr/bin/python3.7"}`."""
    newest: dict[str, tuple[str, str]] = {}
    for path in dict.fromkeys(_candidates()):
        version = _named_version(path) or version_of(path)
        minor = minor_of(version)
        if (
            minor
            and order(minor) >= order(_OLDEST)
            and (minor not in newest or order(newest[minor][0]) < order(version))
        ):
            newest[minor] = (version, path)
    return {minor: newest[minor][1] for minor in sorted(newest, key=order)}


def _candidates() -> Iterator[str]:
    """Yield paths of what may be interpreters; virtual environments' own are left out, they point to one of these."""
    yield sys._base_executable if hasattr(sys, "_base_executable") else sys.executable
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if os.path.basename(folder) == "shims":
            continue
        for minor in range(7, _NEWEST_MINOR):
            path = os.path.join(folder, f"python3.{minor}")
            if os.access(path, os.X_OK) and not os.path.exists(os.path.join(folder, os.pardir, "pyvenv.cfg")):
                yield path
    for pattern in _PATTERNS:
        yield from sorted(glob.glob(os.path.expanduser(pattern)))


def _named_version(path: str) -> str:
    """Return the version that an installer's folder is named for (`versions/3.7.16/bin`), if the program is there."""
    found = re.search(r"[/\\-](\d+\.\d+\.\d+)[/\\-]", path)
    return found[1] if found and os.access(path, os.X_OK) else ""


def version_of(path: str) -> str:
    """Return an interpreter's version; empty where it does not start, as a shim of an absent version does not."""
    try:
        done = subprocess.run([path, "-I", "-c", _ASK], capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
