"""TensorFlow Lite models (`.tflite`): what they hold, without an interpreter.

What it is: tensors, operations, signatures, quantisation, metadata and labels as facts. What it is not: a runner.
Specification: tensorflow/lite/schema.fbs (see `tflite_schema`); the detection options are those of
lite/kernels/detection_postprocess.cc.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from loadstone.errors import LoadstoneError
from loadstone.facts import DetectorFacts, FileFact, ModelFile, Signature, Tensors, TensorSpec
from loadstone.formats.registry import Candidate
from loadstone.formats.tflite_metadata import Metadata, read_metadata, runtime_version
from loadstone.formats.tflite_ops import EDGE_TPU, FLEX, POSTPROCESS
from loadstone.formats.tflite_schema import (
    IDENTIFIER,
    Operator,
    Subgraph,
    TfliteModel,
    TfliteSignature,
    TfliteTensor,
    parse,
)
from loadstone.formats.tflite_tensors import constants
from loadstone.wire.flexbuffer import parse as parse_options
from loadstone.wire.protobuf import Buffer


def sniff(candidate: Candidate) -> bool:
    """Return whether the file carries TFLite's identifier."""
    return candidate.head[4:8] == IDENTIFIER


def read(candidate: Candidate) -> ModelFile:
    """Read the model's tables; tensor data stay in the file."""
    data = candidate.tree.view(candidate.name)
    model = parse(data)
    metadata = read_metadata(data, model)
    main = model.subgraphs[0] if model.subgraphs else Subgraph("", (), (), (), ())
    operators = [operator for subgraph in model.subgraphs for operator in subgraph.operators]
    tensors = constants(data, model)
    notes: list[str] = []
    postprocess = _postprocess(operators, notes)
    return ModelFile(
        source=candidate.source,
        format="tflite",
        files=(FileFact(candidate.name.rpartition("/")[2], "model", candidate.size),),
        producer=_producer(data, model),
        inputs=tuple(_specs(main, main.inputs)),
        outputs=tuple(_specs(main, main.outputs)),
        tensors=tensors,
        signatures=tuple(_signature(signature, model) for signature in model.signatures),
        ops=dict(Counter(operator.name for operator in operators).most_common()),
        custom=tuple(sorted({operator.name for operator in operators if operator.custom})),
        labels=metadata.labels,
        detector=_detector(main, tensors, operators, postprocess),
        notes=(*_remarks(operators), *notes, *metadata.notes),
        details=_details(model, main, metadata, postprocess),
    )


def _producer(data: Buffer, model: TfliteModel) -> dict[str, str]:
    facts = {"tflite_schema": str(model.version)}
    if model.description:
        facts["description"] = model.description
    if version := runtime_version(data, model):
        facts["tflite_min_runtime"] = version
    return facts


def _specs(subgraph: Subgraph, indices: tuple[int, ...]) -> Iterator[TensorSpec]:
    for index in indices:
        if index >= 0:
            tensor = subgraph.tensors[index]
            yield TensorSpec(tensor.name or f"tensor_{index}", tensor.dtype, tensor.open_shape)


def _signature(signature: TfliteSignature, model: TfliteModel) -> Signature:
    subgraph = model.subgraphs[signature.subgraph]
    return Signature(
        name=signature.key,
        inputs=tuple(_argument(name, subgraph.tensors[index]) for name, index in sorted(signature.inputs.items())),
        outputs=tuple(_argument(name, subgraph.tensors[index]) for name, index in sorted(signature.outputs.items())),
    )


def _argument(name: str, tensor: TfliteTensor) -> TensorSpec:
    return TensorSpec(name, tensor.dtype, tensor.open_shape, tensor_name=tensor.name)


def _postprocess(operators: list[Operator], notes: list[str]) -> dict[str, Any] | None:
    """Return the options of the detection post-processing, or None where the model has none."""
    found = next((operator for operator in operators if operator.name == POSTPROCESS), None)
    if found is None:
        return None
    try:
        options = parse_options(found.custom_options)
    except LoadstoneError as error:
        notes.append(f"the options of {POSTPROCESS} cannot be read: {error}")
        return {}
    return dict(options) if isinstance(options, dict) else {}


def _detector(
    main: Subgraph, tensors: Tensors, operators: list[Operator], postprocess: Mapping[str, Any] | None
) -> DetectorFacts | None:
    """Return what the names of the constants and the post-processing say; without either there is no detector."""
    from loadstone.formats.detection.names import from_names

    found = from_names({spec.name: spec.shape for spec in tensors.specs}, {operator.name for operator in operators})
    if found is None or postprocess is None:
        return found
    classes = postprocess.get("num_classes")
    return replace(
        found,
        num_classes=classes if isinstance(classes, int) else found.num_classes,
        input_size=_input_size(main) or found.input_size,
    )


def _input_size(main: Subgraph) -> tuple[int, int] | None:
    """Return (height, width) of the first input that is a picture: (batch, height, width, channels)."""
    for spec in _specs(main, main.inputs):
        if spec.shape is not None and len(spec.shape) == 4 and spec.shape[3] in (1, 3):
            _, height, width, _ = spec.shape
            return (height, width) if height and width else None
    return None


def _remarks(operators: list[Operator]) -> Iterator[str]:
    custom = {operator.name for operator in operators if operator.custom}
    if EDGE_TPU in custom:
        yield "compiled for the Edge TPU: the network is inside one custom operation that only that device can run"
    flex = sorted(name for name in custom if name.startswith(FLEX))
    if flex:
        yield f"needs TensorFlow's own kernels for {', '.join(flex)}"


def _details(
    model: TfliteModel, main: Subgraph, metadata: Metadata, postprocess: Mapping[str, Any] | None
) -> dict[str, Any]:
    tensors = [tensor for subgraph in model.subgraphs for tensor in subgraph.tensors]
    quantised = [tensor.quantization for tensor in tensors if tensor.quantization is not None]
    ends = [(i, main.tensors[i]) for i in (*main.inputs, *main.outputs) if i >= 0]
    details: dict[str, Any] = {
        "subgraphs": len(model.subgraphs),
        "quantized_tensors": len(quantised),
        "quantized_per_axis": sum(len(quantisation.scale) > 1 for quantisation in quantised),
        "quantization": {tensor.name or f"tensor_{i}": facts for i, tensor in ends if (facts := _quantisation(tensor))},
    }
    if postprocess is not None:
        details["detection_postprocess"] = dict(postprocess)
    if any(operator.name == EDGE_TPU for subgraph in model.subgraphs for operator in subgraph.operators):
        details["edge_tpu"] = True
    if metadata.facts:
        details["metadata"] = dict(metadata.facts)
    if metadata.files:
        details["packed_files"] = dict(metadata.files)
    return details


def _quantisation(tensor: TfliteTensor) -> dict[str, Any]:
    """Return how an input's or output's stored numbers become real ones: (stored - zero_point) * scale."""
    found = tensor.quantization
    return (
        {} if found is None else {"scale": list(found.scale), "zero_point": list(found.zero_point), "axis": found.axis}
    )
