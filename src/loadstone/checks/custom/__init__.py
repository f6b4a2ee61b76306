"""Faults of code that a file needs and does not hold."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "custom-object-not-registered": "keras",
    "custom-compile-object": "keras",
    "custom-object-no-get-config": "",
    "lambda-safe-mode": "keras",
    "op-not-registered": "graph",
    "api-mixed-keras-packages": "",
}
