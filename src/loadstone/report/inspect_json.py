"""`loadstone inspect --json`: one document, schema version 1 (docs/inspect-json.md ties every field to a meaning)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from loadstone.facts import LayerFact, ModelFile, Signature, TensorSpec, Verification

SCHEMA_VERSION = 1


def inspect_document(
    model: ModelFile, *, variables: bool = False, ops: bool = False, verification: Verification | None = None
) -> dict[str, Any]:
    """Return the document for one model as plain JSON values.

    `variables` adds every tensor, `ops` every operation with its count, `verification` what the checksums said.
    """
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "source": model.source,
        "format": model.format,
        "complete": model.complete,
        "files": [{**asdict(file), "bytes_short": file.bytes_short} for file in model.files],
        "producer": dict(model.producer),
        "inputs": [_tensor(spec) for spec in model.inputs],
        "outputs": [_tensor(spec) for spec in model.outputs],
        "tensors": len(model.tensors),
        "parameters": model.parameters,
        "bytes": model.tensors.nbytes,
        "detector": asdict(model.detector) if model.detector else None,
        "notes": list(model.notes),
        "signatures": [_signature(signature) for signature in model.signatures],
        "layers": [_layer(layer) for layer in model.layers],
        "custom": list(model.custom),
        "labels": {str(number): name for number, name in model.labels.items()},
        "details": dict(model.details),
        "parts": [inspect_document(part, variables=variables, ops=ops) for part in model.parts],
    }
    if variables:
        document["variables"] = [
            {**_tensor(spec), "role": spec.role, "bytes": spec.nbytes} for spec in model.tensors.specs
        ]
    if ops:
        document["ops"] = dict(sorted(model.ops.items()))
    if verification is not None:
        document["verification"] = asdict(verification)
    return document


def _tensor(spec: TensorSpec) -> dict[str, Any]:
    shape = None if spec.shape is None else list(spec.shape)
    return {"name": spec.name, "dtype": spec.dtype, "shape": shape, "tensor_name": spec.tensor_name or spec.name}


def _signature(signature: Signature) -> dict[str, Any]:
    return {
        "name": signature.name,
        "method": signature.method,
        "tags": list(signature.tags),
        "inputs": [_tensor(spec) for spec in signature.inputs],
        "outputs": [_tensor(spec) for spec in signature.outputs],
    }


def _layer(layer: LayerFact) -> dict[str, Any]:
    return {
        "name": layer.name,
        "class_name": layer.class_name,
        "module": layer.module,
        "custom": layer.custom,
        "layers": [_layer(inner) for inner in layer.inner],
    }
