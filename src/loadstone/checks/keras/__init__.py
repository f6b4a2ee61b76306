"""Faults of Keras files that one version wrote and another is to read."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "keras2-h5-in-keras3-dwconv-groups": "keras",
    "keras2-h5-in-keras3-sepconv-kwargs": "keras",
    "keras2-h5-in-keras3-layer-args": "keras",
    "keras2-h5-in-keras3-dtype-policy": "keras",
    "keras2-h5-in-keras3-compile-strings": "keras",
    "keras2-h5-in-keras3-optimizer-args": "keras",
    "keras2-h5-in-keras3-tfoplambda": "keras",
    "keras2-h5-in-keras3-lambda-shape": "keras",
    "keras2-v3zip-in-keras3": "keras",
    "keras1-file-in-keras3": "keras",
    "keras2-hard-sigmoid-in-keras3": "keras",
    "theano-kernels-in-keras3": "keras",
    "keras3-file-in-older-keras3": "keras",
    "older-keras3-file-in-newer-keras3": "keras",
    "keras3-file-in-keras2-batch-shape": "keras",
    "keras3-file-in-keras2-module-path": "keras",
    "keras2-weights-layout-in-keras3": "keras-zip",
    "keras3-layer-state-missing": "keras-zip",
    "keras3-h5-operations": "keras-h5",
    "lambda-bytecode-python-mismatch": "keras",
    "newer-keras2-h5-in-older-tf": "keras",
    "tfkeras-h5-in-standalone-keras": "keras",
    "optimizer-newer-tf": "keras",
    "env-keras-newer-than-tf": "keras",
    "keras-internal-import": "",
    "keras-version-regression": "",
}
