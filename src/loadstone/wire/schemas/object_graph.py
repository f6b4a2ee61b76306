"""The object graph of a TF2 checkpoint: which Python object held which variable.

What it is: field tables. What it is not: an account of what the graph means.
Specification: tensorflow/core/protobuf/trackable_object_graph.proto.
A checkpoint holds one such message as the string tensor `_CHECKPOINTABLE_OBJECT_GRAPH`;
a SavedModel's `SavedObjectGraph` repeats its references and slots.
"""

from __future__ import annotations

from loadstone.wire.protobuf import MessageType

OBJECT_GRAPH: dict[str, MessageType] = {}

OBJECT_REFERENCE = MessageType("ObjectReference", {"node_id": (1, "int32"), "local_name": (2, "string")}, OBJECT_GRAPH)

SERIALIZED_TENSOR = MessageType(
    "SerializedTensor",
    {"name": (1, "string"), "full_name": (2, "string"), "checkpoint_key": (3, "string")},
    OBJECT_GRAPH,
)

SLOT_VARIABLE_REFERENCE = MessageType(
    "SlotVariableReference",
    {"original_variable_node_id": (1, "int32"), "slot_name": (2, "string"), "slot_variable_node_id": (3, "int32")},
    OBJECT_GRAPH,
)

REGISTERED_SAVER = MessageType("RegisteredSaver", {"name": (1, "string"), "object_name": (2, "string")}, OBJECT_GRAPH)

BOOL_VALUE = MessageType("BoolValue", {"value": (1, "bool")}, OBJECT_GRAPH)

TRACKABLE_OBJECT = MessageType(
    "TrackableObject",
    {
        "children": (1, "*ObjectReference"),
        "attributes": (2, "*SerializedTensor"),
        "slot_variables": (3, "*SlotVariableReference"),
        "registered_saver": (4, "RegisteredSaver"),
        "has_checkpoint_values": (5, "BoolValue"),
    },
    OBJECT_GRAPH,
)

TRACKABLE_OBJECT_GRAPH = MessageType("TrackableObjectGraph", {"nodes": (1, "*TrackableObject")}, OBJECT_GRAPH)
