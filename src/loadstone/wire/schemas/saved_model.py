"""SavedModel and MetaGraph: graphs with their signatures, collections, assets and object graph.

What it is: field tables. Specification: tensorflow/core/protobuf/ saved_model.proto, meta_graph.proto, saver.proto,
saved_object_graph.proto, fingerprint.proto; tensorflow/python/keras/protobuf/saved_metadata.proto;
tensorflow_hub's module_def.proto.
"""

from __future__ import annotations

from loadstone.wire.protobuf import MessageType
from loadstone.wire.schemas.graph import ENUMS as GRAPH_ENUMS
from loadstone.wire.schemas.graph import GRAPH
from loadstone.wire.schemas.object_graph import OBJECT_GRAPH

SAVED: dict[str, MessageType] = {**GRAPH, **OBJECT_GRAPH}

TENSOR_INFO = MessageType(
    "TensorInfo",
    {
        "name": (1, "string"),
        "dtype": (2, "enum:DataType"),
        "tensor_shape": (3, "TensorShapeProto"),
        "coo_sparse": (4, "CooSparse"),
        "composite_tensor": (5, "CompositeTensor"),
    },
    SAVED,
)
COO_SPARSE = MessageType(
    "CooSparse",
    {
        "values_tensor_name": (1, "string"),
        "indices_tensor_name": (2, "string"),
        "dense_shape_tensor_name": (3, "string"),
    },
    SAVED,
)
COMPOSITE_TENSOR = MessageType(
    "CompositeTensor", {"type_spec": (1, "StructuredValue"), "components": (2, "*TensorInfo")}, SAVED
)
STRUCTURED_VALUE = MessageType(
    "StructuredValue",
    {
        "none_value": (1, "NoneStructure"),
        "string_value": (13, "string"),
        "tensor_shape_value": (31, "TensorShapeProto"),
        "tensor_spec_value": (33, "TensorSpecProto"),
        "list_value": (51, "ListStructure"),
        "tuple_value": (52, "ListStructure"),
        "dict_value": (53, "DictStructure"),
        "named_tuple_value": (54, "NamedTupleStructure"),
    },
    SAVED,
)
"""Python's nesting of arguments (struct.proto), as far as it is written here; nothing here reads it."""
NONE_STRUCTURE = MessageType("NoneStructure", {}, SAVED)
TENSOR_SPEC = MessageType(
    "TensorSpecProto",
    {"name": (1, "string"), "shape": (2, "TensorShapeProto"), "dtype": (3, "enum:DataType")},
    SAVED,
)
LIST_STRUCTURE = MessageType("ListStructure", {"values": (1, "*StructuredValue")}, SAVED)
DICT_STRUCTURE = MessageType("DictStructure", {"fields": (1, "map:StructuredValue")}, SAVED)
NAMED_TUPLE_STRUCTURE = MessageType(
    "NamedTupleStructure", {"name": (1, "string"), "values": (2, "*PairStructure")}, SAVED
)
PAIR_STRUCTURE = MessageType("PairStructure", {"key": (1, "string"), "value": (2, "StructuredValue")}, SAVED)

SIGNATURE = MessageType(
    "SignatureDef",
    {
        "inputs": (1, "map:TensorInfo"),
        "outputs": (2, "map:TensorInfo"),
        "method_name": (3, "string"),
        "defaults": (4, "map:TensorProto"),
    },
    SAVED,
)
ANY = MessageType("Any", {"type_url": (1, "string"), "value": (2, "bytes")}, SAVED)
META_INFO = MessageType(
    "MetaInfoDef",
    {
        "meta_graph_version": (1, "string"),
        "stripped_op_list": (2, "OpList"),
        "any_info": (3, "Any"),
        "tags": (4, "*string"),
        "tensorflow_version": (5, "string"),
        "tensorflow_git_version": (6, "string"),
        "stripped_default_attrs": (7, "bool"),
        "function_aliases": (8, "map:string"),
    },
    SAVED,
)
SAVER = MessageType(
    "SaverDef",
    {
        "filename_tensor_name": (1, "string"),
        "save_tensor_name": (2, "string"),
        "restore_op_name": (3, "string"),
        "max_to_keep": (4, "int32"),
        "sharded": (5, "bool"),
        "keep_checkpoint_every_n_hours": (6, "float"),
        "version": (7, "enum:CheckpointFormatVersion"),
    },
    SAVED,
)
NODE_LIST = MessageType("NodeList", {"value": (1, "*string")}, SAVED)
BYTES_LIST = MessageType("BytesList", {"value": (1, "*bytes")}, SAVED)
INT64_LIST = MessageType("Int64List", {"value": (1, "*int64")}, SAVED)
FLOAT_LIST = MessageType("FloatList", {"value": (1, "*float")}, SAVED)
ANY_LIST = MessageType("AnyList", {"value": (1, "*Any")}, SAVED)
COLLECTION = MessageType(
    "CollectionDef",
    {
        "node_list": (1, "NodeList"),
        "bytes_list": (2, "BytesList"),
        "int64_list": (3, "Int64List"),
        "float_list": (4, "FloatList"),
        "any_list": (5, "AnyList"),
    },
    SAVED,
)
ASSET_FILE = MessageType("AssetFileDef", {"tensor_info": (1, "TensorInfo"), "filename": (2, "string")}, SAVED)

SAVED_USER_OBJECT = MessageType(
    "SavedUserObject", {"identifier": (1, "string"), "version": (2, "VersionDef"), "metadata": (3, "string")}, SAVED
)
SAVED_ASSET = MessageType("SavedAsset", {"asset_file_def_index": (1, "int32")}, SAVED)
SAVED_VARIABLE = MessageType(
    "SavedVariable",
    {
        "dtype": (1, "enum:DataType"),
        "shape": (2, "TensorShapeProto"),
        "trainable": (3, "bool"),
        "synchronization": (4, "enum:VariableSynchronization"),
        "aggregation": (5, "enum:VariableAggregation"),
        "name": (6, "string"),
        "device": (7, "string"),
        "experimental_distributed_variable_components": (8, "*SavedVariable"),
    },
    SAVED,
)
FUNCTION_SPEC = MessageType(
    "FunctionSpec",
    {"fullargspec": (1, "StructuredValue"), "is_method": (2, "bool"), "input_signature": (5, "StructuredValue")},
    SAVED,
)
SAVED_FUNCTION = MessageType(
    "SavedFunction", {"concrete_functions": (1, "*string"), "function_spec": (2, "FunctionSpec")}, SAVED
)
SAVED_BARE_FUNCTION = MessageType(
    "SavedBareConcreteFunction",
    {
        "concrete_function_name": (1, "string"),
        "argument_keywords": (2, "*string"),
        "allowed_positional_arguments": (3, "int64"),
        "function_spec": (4, "FunctionSpec"),
    },
    SAVED,
)
SAVED_CONCRETE_FUNCTION = MessageType(
    "SavedConcreteFunction",
    {
        "bound_inputs": (2, "*int32"),
        "canonicalized_input_signature": (3, "StructuredValue"),
        "output_signature": (4, "StructuredValue"),
    },
    SAVED,
)
SAVED_CONSTANT = MessageType("SavedConstant", {"operation": (1, "string")}, SAVED)
SAVED_RESOURCE = MessageType("SavedResource", {"device": (1, "string")}, SAVED)
SAVED_OBJECT = MessageType(
    "SavedObject",
    {
        "children": (1, "*ObjectReference"),
        "slot_variables": (3, "*SlotVariableReference"),
        "user_object": (4, "SavedUserObject"),
        "asset": (5, "SavedAsset"),
        "function": (6, "SavedFunction"),
        "variable": (7, "SavedVariable"),
        "bare_concrete_function": (8, "SavedBareConcreteFunction"),
        "constant": (9, "SavedConstant"),
        "resource": (10, "SavedResource"),
        "registered_name": (13, "string"),
        "dependencies": (15, "*ObjectReference"),
        "registered_saver": (16, "string"),
    },
    SAVED,
)
SAVED_OBJECT_GRAPH = MessageType(
    "SavedObjectGraph",
    {"nodes": (1, "*SavedObject"), "concrete_functions": (2, "map:SavedConcreteFunction")},
    SAVED,
)

META_GRAPH = MessageType(
    "MetaGraphDef",
    {
        "meta_info_def": (1, "MetaInfoDef"),
        "graph_def": (2, "GraphDef"),
        "saver_def": (3, "SaverDef"),
        "collection_def": (4, "map:CollectionDef"),
        "signature_def": (5, "map:SignatureDef"),
        "asset_file_def": (6, "*AssetFileDef"),
        "object_graph_def": (7, "SavedObjectGraph"),
    },
    SAVED,
)
SAVED_MODEL = MessageType(
    "SavedModel", {"saved_model_schema_version": (1, "int64"), "meta_graphs": (2, "*MetaGraphDef")}, SAVED
)

FINGERPRINT = MessageType(
    "FingerprintDef",
    {
        "saved_model_checksum": (1, "uint64"),
        "graph_def_program_hash": (2, "uint64"),
        "signature_def_hash": (3, "uint64"),
        "saved_object_graph_hash": (4, "uint64"),
        "checkpoint_hash": (5, "uint64"),
        "version": (6, "VersionDef"),
        "uuid": (7, "string"),
    },
    SAVED,
)

KERAS_OBJECT = MessageType(
    "KerasObject",
    {
        "node_id": (2, "int32"),
        "node_path": (3, "string"),
        "identifier": (4, "string"),
        "metadata": (5, "string"),
        "version": (6, "VersionDef"),
    },
    SAVED,
)
KERAS_METADATA = MessageType("SavedMetadata", {"nodes": (1, "*KerasObject")}, SAVED)

HUB_MODULE = MessageType("ModuleDef", {"format": (1, "enum:Format"), "required_features": (2, "*string")}, SAVED)

ENUMS: dict[str, dict[str, int]] = {
    **GRAPH_ENUMS,
    "CheckpointFormatVersion": {"LEGACY": 0, "V1": 1, "V2": 2},
    "VariableSynchronization": {
        "VARIABLE_SYNCHRONIZATION_AUTO": 0,
        "VARIABLE_SYNCHRONIZATION_NONE": 1,
        "VARIABLE_SYNCHRONIZATION_ON_WRITE": 2,
        "VARIABLE_SYNCHRONIZATION_ON_READ": 3,
    },
    "VariableAggregation": {
        "VARIABLE_AGGREGATION_NONE": 0,
        "VARIABLE_AGGREGATION_SUM": 1,
        "VARIABLE_AGGREGATION_MEAN": 2,
        "VARIABLE_AGGREGATION_ONLY_FIRST_REPLICA": 3,
    },
    "Format": {"FORMAT_UNSPECIFIED": 0, "FORMAT_V3": 3},
}
"""As in `graph.ENUMS`, with those of this family."""
