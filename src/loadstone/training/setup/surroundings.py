"""What a run is repeated with: versions, machine, command line, as JSON values."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PACKAGES = (
    "loadstone",
    "keras",
    "numpy",
    "tensorflow",
    "jax",
    "jaxlib",
    "torch",
    "pillow",
    "pycocotools",
    "openvino",
    "h5py",
)


def surroundings(backend: str) -> dict[str, Any]:
    """Return what this process is: nothing of it is asked of a framework."""
    return {
        "command": sys.argv,
        "folder": os.getcwd(),
        "backend": backend,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
