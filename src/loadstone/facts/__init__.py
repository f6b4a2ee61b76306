"""Frozen values that every room speaks. No behaviour beyond arithmetic on their own fields lives here."""

from __future__ import annotations

from loadstone.facts.model import (
    DetectorFacts,
    FileFact,
    LayerFact,
    ModelFile,
    Signature,
)
from loadstone.facts.tensor import LazyTensor, Role, Tensors, TensorSpec
from loadstone.facts.verification import Failure, Verification

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
