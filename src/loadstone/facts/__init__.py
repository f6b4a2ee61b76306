"""Frozen values that every room speaks. No behaviour beyond arithmetic on their own fields lives here.

Each comes from its module when first asked for: detections need nothing of what describes files, and making the classes
of both costs 10 ms of the 300 in which a prepared detector has its first boxes.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from loadstone.facts.model import (
        DetectorFacts,
        FileFact,
        LayerFact,
        ModelFile,
        Signature,
    )
    from loadstone.facts.tensor import LazyTensor, Role, Tensors, TensorSpec
    from loadstone.facts.verification import Failure, Verification

_HOMES = {
    "model": ("DetectorFacts", "FileFact", "LayerFact", "ModelFile", "Signature"),
    "tensor": ("LazyTensor", "Role", "TensorSpec", "Tensors"),
    "verification": ("Failure", "Verification"),
}
"""Module → the names that it holds."""

__all__ = [
    "DetectorFacts",
    "Failure",
    "FileFact",
    "LayerFact",
    "LazyTensor",
    "ModelFile",
    "Role",
    "Signature",
    "TensorSpec",
    "Tensors",
    "Verification",
]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"loadstone.facts.{home}"), name)
    raise AttributeError(f"module 'loadstone.facts' has no attribute {name!r}")
