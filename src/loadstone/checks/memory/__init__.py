"""Faults of too little memory."""

from __future__ import annotations

FAULTS: dict[str, str] = {"gpu-oom-batch-size": "", "gpu-oom-image-size": "", "gpu-oom-model-size": ""}
