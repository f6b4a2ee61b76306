"""Faults between weights and the architecture that they are to fill."""

from __future__ import annotations

_ANY = "checkpoint savedmodel frozen-graph pipeline-config"

FAULTS: dict[str, str] = {
    "ckpt-empty-or-untracked": "checkpoint",
    "ckpt-scope-renamed": _ANY,
    "ckpt-arch-mismatch": _ANY,
    "ckpt-numclasses-mismatch": _ANY,
    "ckpt-type-mismatch": _ANY,
    "ckpt-missing-ema": _ANY,
    "ckpt-missing-quant-vars": _ANY,
    "input-size-mismatch": _ANY,
    "ckpt-in-model-dir-autoresume": "pipeline-config",
    "h5-sequential-missing-input-shape": "keras-h5",
    "h5-numclasses-mismatch": "keras-h5 keras-config",
    "byname-autoname-collision": "",
    "h5-arch-mismatch": "keras-h5 keras-config",
    "h5-layer-count-mismatch": "keras-h5 keras-config",
    "h5-layer-order-mismatch": "",
    "h5-weight-count-mismatch": "keras-h5 keras-config",
    "benign-head-reinit": _ANY,
    "benign-optimizer-state": _ANY,
}
