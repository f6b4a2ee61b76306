"""Faults of pipeline.config and label maps as text."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "config-bom-or-encoding": "any",
    "config-wrong-file-kind": "any",
    "config-unbalanced-brace": "any",
    "config-smart-quotes": "any",
    "config-unquoted-or-bad-path": "any",
    "config-copy-paste-garbage": "any",
    "config-syntax-error": "any",
    "config-ckpt-version-missing": "any",
    "labelmap-id-quoted": "any",
    "labelmap-id-zero": "any",
    "labelmap-id-repeated": "any",
    "labelmap-classes-mismatch": "any",
}
