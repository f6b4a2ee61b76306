"""This interpreter's environment, from what is installed beside it; nothing of it is imported."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache
from importlib.metadata import distributions

from loadstone.facts.environment import Environment

VARIABLES = (
    "CUDA_VISIBLE_DEVICES", "KERAS_BACKEND", "KERAS_HOME", "LD_LIBRARY_PATH", "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION",
    "TF_CPP_MIN_LOG_LEVEL", "TF_FORCE_GPU_ALLOW_GROWTH", "TF_USE_LEGACY_KERAS", "XLA_FLAGS",
)  # fmt: skip
"""Environment variables that change what loads, or how."""


@cache
def here() -> Environment:
    """Return the versions of everything installed for this Python, and the machine's names."""
    return Environment(
        name=f"Python {platform.python_version()} here",
        python=platform.python_version(),
        system=platform.system(),
        machine=platform.machine(),
        packages=_installed(),
        variables={name: os.environ[name] for name in VARIABLES if name in os.environ},
    )


def _installed() -> dict[str, str]:
    """Return distribution → version; of two of one name the first on the path is what an import finds."""
    found: dict[str, str] = {}
    for distribution in distributions(path=sys.path):
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(name.lower().replace("_", "-").replace(".", "-"), distribution.version)
    return found
