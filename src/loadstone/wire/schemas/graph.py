"""TensorFlow's graph: nodes, attributes, tensors, functions and operation definitions.

What it is: field tables. Specification: tensorflow/core/framework/ graph.proto, node_def.proto, attr_value.proto,
tensor.proto, tensor_shape.proto, function.proto, op_def.proto, versions.proto, types.proto, full_type.proto.
"""

from __future__ import annotations

from loadstone.wire.protobuf import MessageType

GRAPH: dict[str, MessageType] = {}

DIM = MessageType("Dim", {"size": (1, "int64"), "name": (2, "string")}, GRAPH)
TENSOR_SHAPE = MessageType("TensorShapeProto", {"dim": (2, "*Dim"), "unknown_rank": (3, "bool")}, GRAPH)

TENSOR = MessageType(
    "TensorProto",
    {
        "dtype": (1, "enum:DataType"),
        "tensor_shape": (2, "TensorShapeProto"),
        "version_number": (3, "int32"),
        "tensor_content": (4, "bytes"),
        "float_val": (5, "*float"),
        "double_val": (6, "*double"),
        "int_val": (7, "*int32"),
        "string_val": (8, "*bytes"),
        "scomplex_val": (9, "*float"),
        "int64_val": (10, "*int64"),
        "bool_val": (11, "*bool"),
        "dcomplex_val": (12, "*double"),
        "half_val": (13, "*int32"),
        "resource_handle_val": (14, "*ResourceHandleProto"),
        "variant_val": (15, "*VariantTensorDataProto"),
        "uint32_val": (16, "*uint32"),
        "uint64_val": (17, "*uint64"),
        "float8_val": (18, "bytes"),
    },
    GRAPH,
)
RESOURCE_HANDLE = MessageType(
    "ResourceHandleProto",
    {
        "device": (1, "string"),
        "container": (2, "string"),
        "name": (3, "string"),
        "hash_code": (4, "uint64"),
        "maybe_type_name": (5, "string"),
        "dtypes_and_shapes": (6, "*DtypeAndShape"),
    },
    GRAPH,
)
DTYPE_AND_SHAPE = MessageType("DtypeAndShape", {"dtype": (1, "enum:DataType"), "shape": (2, "TensorShapeProto")}, GRAPH)
VARIANT_TENSOR_DATA = MessageType(
    "VariantTensorDataProto",
    {"type_name": (1, "string"), "metadata": (2, "bytes"), "tensors": (3, "*TensorProto")},
    GRAPH,
)

LIST_VALUE = MessageType(
    "ListValue",
    {
        "s": (2, "*bytes"),
        "i": (3, "*int64"),
        "f": (4, "*float"),
        "b": (5, "*bool"),
        "type": (6, "*enum:DataType"),
        "shape": (7, "*TensorShapeProto"),
        "tensor": (8, "*TensorProto"),
        "func": (9, "*NameAttrList"),
    },
    GRAPH,
)
ATTR_VALUE = MessageType(
    "AttrValue",
    {
        "list": (1, "ListValue"),
        "s": (2, "bytes"),
        "i": (3, "int64"),
        "f": (4, "float"),
        "b": (5, "bool"),
        "type": (6, "enum:DataType"),
        "shape": (7, "TensorShapeProto"),
        "tensor": (8, "TensorProto"),
        "placeholder": (9, "string"),
        "func": (10, "NameAttrList"),
    },
    GRAPH,
)
NAME_ATTR_LIST = MessageType("NameAttrList", {"name": (1, "string"), "attr": (2, "map:AttrValue")}, GRAPH)

FULL_TYPE = MessageType(
    "FullTypeDef",
    {"type_id": (1, "enum:FullTypeId"), "args": (2, "*FullTypeDef"), "s": (3, "string"), "i": (4, "int64")},
    GRAPH,
)
DEBUG_INFO = MessageType(
    "ExperimentalDebugInfo", {"original_node_names": (1, "*string"), "original_func_names": (2, "*string")}, GRAPH
)
NODE = MessageType(
    "NodeDef",
    {
        "name": (1, "string"),
        "op": (2, "string"),
        "input": (3, "*string"),
        "device": (4, "string"),
        "attr": (5, "map:AttrValue"),
        "experimental_debug_info": (6, "ExperimentalDebugInfo"),
        "experimental_type": (7, "FullTypeDef"),
    },
    GRAPH,
)
VERSIONS = MessageType(
    "VersionDef", {"producer": (1, "int32"), "min_consumer": (2, "int32"), "bad_consumers": (3, "*int32")}, GRAPH
)

ARG_DEF = MessageType(
    "ArgDef",
    {
        "name": (1, "string"),
        "description": (2, "string"),
        "type": (3, "enum:DataType"),
        "type_attr": (4, "string"),
        "number_attr": (5, "string"),
        "type_list_attr": (6, "string"),
        "handle_data": (7, "*DtypeAndShape"),
        "is_ref": (16, "bool"),
        "experimental_full_type": (17, "FullTypeDef"),
    },
    GRAPH,
)
ATTR_DEF = MessageType(
    "AttrDef",
    {
        "name": (1, "string"),
        "type": (2, "string"),
        "default_value": (3, "AttrValue"),
        "description": (4, "string"),
        "has_minimum": (5, "bool"),
        "minimum": (6, "int64"),
        "allowed_values": (7, "AttrValue"),
    },
    GRAPH,
)
OP_DEPRECATION = MessageType("OpDeprecation", {"version": (1, "int32"), "explanation": (2, "string")}, GRAPH)
OP_DEF = MessageType(
    "OpDef",
    {
        "name": (1, "string"),
        "input_arg": (2, "*ArgDef"),
        "output_arg": (3, "*ArgDef"),
        "attr": (4, "*AttrDef"),
        "summary": (5, "string"),
        "description": (6, "string"),
        "deprecation": (8, "OpDeprecation"),
        "is_aggregate": (16, "bool"),
        "is_stateful": (17, "bool"),
        "is_commutative": (18, "bool"),
        "allows_uninitialized_input": (19, "bool"),
        "control_output": (20, "*string"),
        "is_distributed_communication": (21, "bool"),
    },
    GRAPH,
)
OP_LIST = MessageType("OpList", {"op": (1, "*OpDef")}, GRAPH)

ARG_ATTRS = MessageType("ArgAttrs", {"attr": (1, "map:AttrValue")}, GRAPH)
# Maps with a number for a key are declared as the repeated pairs that they are on the wire.
ARG_ATTR_ENTRY = MessageType("ArgAttrEntry", {"key": (1, "uint32"), "value": (2, "ArgAttrs")}, GRAPH)
RESOURCE_ARG_ENTRY = MessageType("ResourceArgEntry", {"key": (1, "uint32"), "value": (2, "uint32")}, GRAPH)
FUNCTION = MessageType(
    "FunctionDef",
    {
        "signature": (1, "OpDef"),
        "node_def": (3, "*NodeDef"),
        "ret": (4, "map:string"),
        "attr": (5, "map:AttrValue"),
        "control_ret": (6, "map:string"),
        "arg_attr": (7, "*ArgAttrEntry"),
        "resource_arg_unique_id": (8, "*ResourceArgEntry"),
    },
    GRAPH,
)
GRADIENT = MessageType("GradientDef", {"function_name": (1, "string"), "gradient_func": (2, "string")}, GRAPH)
REGISTERED_GRADIENT = MessageType(
    "RegisteredGradient", {"gradient_func": (1, "string"), "registered_op_type": (2, "string")}, GRAPH
)
FUNCTION_LIBRARY = MessageType(
    "FunctionDefLibrary",
    {
        "function": (1, "*FunctionDef"),
        "gradient": (2, "*GradientDef"),
        "registered_gradients": (3, "*RegisteredGradient"),
    },
    GRAPH,
)
GRAPH_DEF = MessageType(
    "GraphDef",
    {
        "node": (1, "*NodeDef"),
        "library": (2, "FunctionDefLibrary"),
        "version": (3, "int32"),
        "versions": (4, "VersionDef"),
    },
    GRAPH,
)

_DATA_TYPES = (
    *("INVALID", "FLOAT", "DOUBLE", "INT32", "UINT8", "INT16", "INT8", "STRING", "COMPLEX64", "INT64", "BOOL"),
    *("QINT8", "QUINT8", "QINT32", "BFLOAT16", "QINT16", "QUINT16", "UINT16", "COMPLEX128", "HALF"),
    *("RESOURCE", "VARIANT", "UINT32", "UINT64"),
    *("FLOAT8_E5M2", "FLOAT8_E4M3FN", "FLOAT8_E4M3FNUZ", "FLOAT8_E4M3B11FNUZ", "FLOAT8_E5M2FNUZ"),
    *("INT4", "UINT4", "INT2", "UINT2"),
)

ENUMS: dict[str, dict[str, int]] = {
    "DataType": {
        **{f"DT_{name}": number for number, name in enumerate(_DATA_TYPES)},
        **{f"DT_{name}_REF": number + 100 for number, name in enumerate(_DATA_TYPES) if number},
    },
}
"""Enum → the names that the text format uses → their numbers. An enum that is not here is read by number only."""
