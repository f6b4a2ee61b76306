"""What an interpreter has: its own version, the packages on its path, and the variables that matter.

This file is a program too: `other.py` runs it with the interpreter that is asked about, so that it uses the standard
library alone, works from Python 3.7 on, and imports nothing that it reports. It prints one JSON object.

A package's name and version are read from the name of its `.dist-info` or `.egg-info`, as installers write it (the
binary distribution format, "The .dist-info directory"); opening each METADATA would take ten times as long.
"""

from __future__ import annotations

import os
import re
import sys

VARIABLES = (
    "CUDA_VISIBLE_DEVICES",
    "KERAS_BACKEND",
    "KERAS_HOME",
    "LD_LIBRARY_PATH",
    "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION",
    "PYTHONPATH",
    "TF_CPP_MIN_LOG_LEVEL",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_FORCE_GPU_ALLOW_GROWTH",
    "TF_USE_LEGACY_KERAS",
    "XLA_FLAGS",
    "CONDA_PREFIX",
    "VIRTUAL_ENV",
)


def probe() -> dict[str, object]:
    """Return what this interpreter has, as plain JSON values."""
    paths = [path for path in sys.path if path]
    packages, copies = packages_on(paths)
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        "system": system(),
        "machine": machine(),
        "packages": packages,
        "copies": copies,
        "paths": paths,
        "variables": {name: os.environ[name] for name in VARIABLES if name in os.environ},
    }


def system() -> str:
    """Return `Linux`, `Darwin` or `Windows`, as `platform.system` does, whose import costs as much as all else here."""
    return os.uname().sysname if hasattr(os, "uname") else "Windows"


def machine() -> str:
    """Return the processor's kind, `x86_64` or `arm64`, as `platform.machine` does."""
    return os.uname().machine if hasattr(os, "uname") else os.environ.get("PROCESSOR_ARCHITECTURE", "")


def packages_on(paths: list[str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return (name -> version, name -> folders of a package in more than one); the first on the path counts."""
    versions: dict[str, str] = {}
    places: dict[str, list[str]] = {}
    for path in dict.fromkeys(os.path.realpath(path) for path in paths):
        for name, version in _in_folder(path):
            versions.setdefault(name, version)
            places.setdefault(name, []).append(path)
    return versions, {name: found for name, found in places.items() if len(found) > 1}


def _in_folder(folder: str) -> list[tuple[str, str]]:
    try:
        entries = sorted(os.listdir(folder))
    except OSError:
        return []  # Zip files, and folders that are not there, stand on many a path.
    found = []
    for entry in entries:
        stem, end = os.path.splitext(entry)
        if end in (".dist-info", ".egg-info"):
            name, _, rest = stem.partition("-")
            version = re.split(r"-py\d", rest)[0] or _stated_version(os.path.join(folder, entry))
            found.append((re.sub(r"[-_.]+", "-", name).lower(), version))
    return found


def _stated_version(path: str) -> str:
    """Return the version that the metadata states: a development install's `.egg-info` has none in its name."""
    for metadata in (os.path.join(path, "PKG-INFO"), os.path.join(path, "METADATA"), path):
        try:
            with open(metadata, encoding="utf-8", errors="replace") as file:
                for line in file:
                    if line.startswith("Version:"):
                        return line.partition(":")[2].strip()
        except OSError:
            continue
    return ""


if __name__ == "__main__":
    import json

    print(json.dumps(probe()))
