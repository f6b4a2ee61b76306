"""Faults of CUDA, cuDNN, drivers and graphics cards."""

from __future__ import annotations

_LOADED = "keras graph checkpoint"
"""What TensorFlow or Keras would load: for anything else the environment does not matter."""

FAULTS: dict[str, str] = {
    "gpu-libs-mixed-versions": _LOADED,
    "gpu-cudnn-too-old": _LOADED,
    "gpu-cuda-version-mismatch": _LOADED,
    "gpu-libcuda-symlink": "",
    "gpu-libs-missing": _LOADED,
    "gpu-arch-unsupported": _LOADED,
    "gpu-windows-native-unsupported": _LOADED,
    "gpu-memory-preallocation": "",
}
