"""ONNX: a model with its graph, nodes, attributes, tensors and types, as far as it is written here.

What it is: field tables. Specification: onnx/onnx.proto3 (IR version 8).
"""

from __future__ import annotations

from loadstone.wire.protobuf import MessageType

ONNX: dict[str, MessageType] = {}

MODEL = MessageType(
    "ModelProto",
    {
        "ir_version": (1, "int64"),
        "producer_name": (2, "string"),
        "producer_version": (3, "string"),
        "graph": (7, "OnnxGraph"),
        "opset_import": (8, "*OperatorSetId"),
        "metadata_props": (14, "*StringEntry"),
    },
    ONNX,
)
OPERATOR_SET = MessageType("OperatorSetId", {"domain": (1, "string"), "version": (2, "int64")}, ONNX)
STRING_ENTRY = MessageType("StringEntry", {"key": (1, "string"), "value": (2, "string")}, ONNX)
GRAPH = MessageType(
    "OnnxGraph",
    {
        "node": (1, "*OnnxNode"),
        "name": (2, "string"),
        "initializer": (5, "*OnnxTensor"),
        "input": (11, "*ValueInfo"),
        "output": (12, "*ValueInfo"),
    },
    ONNX,
)
NODE = MessageType(
    "OnnxNode",
    {
        "input": (1, "*string"),
        "output": (2, "*string"),
        "name": (3, "string"),
        "op_type": (4, "string"),
        "attribute": (5, "*OnnxAttribute"),
    },
    ONNX,
)
ATTRIBUTE = MessageType(
    "OnnxAttribute",
    {
        "name": (1, "string"),
        "f": (2, "float"),
        "i": (3, "int64"),
        "s": (4, "bytes"),
        "ints": (8, "*int64"),
        "type": (20, "enum:OnnxAttributeType"),
    },
    ONNX,
)
TENSOR = MessageType(
    "OnnxTensor",
    {"dims": (1, "*int64"), "data_type": (2, "int32"), "name": (8, "string"), "raw_data": (9, "bytes")},
    ONNX,
)
VALUE_INFO = MessageType("ValueInfo", {"name": (1, "string"), "type": (2, "OnnxType")}, ONNX)
TYPE = MessageType("OnnxType", {"tensor_type": (1, "OnnxTensorType")}, ONNX)
TENSOR_TYPE = MessageType("OnnxTensorType", {"elem_type": (1, "int32"), "shape": (2, "OnnxShape")}, ONNX)
SHAPE = MessageType("OnnxShape", {"dim": (1, "*OnnxDimension")}, ONNX)
DIMENSION = MessageType("OnnxDimension", {"dim_value": (1, "int64"), "dim_param": (2, "string")}, ONNX)

ENUMS: dict[str, dict[str, int]] = {"OnnxAttributeType": {"FLOAT": 1, "INT": 2, "STRING": 3, "INTS": 7}}
"""Names of enumerations; a tensor's data types are numbers: 1 float32, 2 uint8, 7 int64, 9 bool."""
