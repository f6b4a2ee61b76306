"""Faults between installed packages."""

from __future__ import annotations

_LOADED = "keras graph checkpoint"
"""What TensorFlow or Keras would load: for anything else the environment does not matter."""

FAULTS: dict[str, str] = {
    "env-protobuf-too-new": _LOADED,
    "env-protobuf-too-old": _LOADED,
    "env-numpy2-abi": _LOADED,
    "env-h5py3-with-old-keras": "keras-h5 keras-h5-weights keras-zip",
    "env-numpy-too-new": _LOADED,
    "env-pycocotools-numpy": "pipeline-config",
    "env-cpu-no-avx2": _LOADED,
    "env-cpu-no-avx": _LOADED,
    "odapi-protos-not-compiled": "",
    "odapi-protos-too-old": "",
    "odapi-protoc-too-old": "",
    "odapi-duplicate-install": "pipeline-config",
    "odapi-mixed-checkouts": "",
    "odapi-pythonpath": "",
    "odapi-install-upgrades-tf": "",
}
