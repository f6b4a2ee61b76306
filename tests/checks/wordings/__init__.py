"""Messages as the libraries' sources print them, of many releases: a file for each family of faults."""

from __future__ import annotations

from tests.checks.wordings import (
    config,
    custom,
    gpu,
    integrity,
    keras,
    loaders,
    memory,
    paths,
    python_env,
    versions,
    weights,
)

WORDINGS = [
    *integrity.WORDINGS,
    *paths.WORDINGS,
    *loaders.WORDINGS,
    *keras.WORDINGS,
    *custom.WORDINGS,
    *weights.WORDINGS,
    *config.WORDINGS,
    *versions.WORDINGS,
    *python_env.WORDINGS,
    *gpu.WORDINGS,
    *memory.WORDINGS,
]
"""(fault, message), the families in the order of the table of faults."""
