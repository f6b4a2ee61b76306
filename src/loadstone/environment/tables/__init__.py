"""The compatibility tables: which versions go with which. Facts in data files beside this one, loaders in the modules.

`tensorflow.json`  releases: date, Pythons, CUDA, cuDNN, requirements, GraphDef producer (tools/compat_tables.py)
`pins.json`        exact versions of everything that each feature release needs, by Python (tools/compat_pins.py)
`ops.json`         the operations and attributes that each feature release brought or took (tools/compat_ops.py)
`keras.json`       which Keras comes with which TensorFlow, and what each Keras began to write into configurations
`cuda.json`        sonames, drivers and compute capabilities by CUDA release
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def table(name: str) -> Any:
    """Return one data file's JSON; it belongs to the package, so that a missing one is an error of the installation."""
    return json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))
