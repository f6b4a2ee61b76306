"""The messages inside checkpoints: the tensor bundle's (V2) and the saved tensor slices' (V1).

What it is: field tables. What it is not: where the messages lie (see `formats/bundle.py`, `formats/checkpoint_v1.py`).
Specification: tensorflow/core/protobuf/tensor_bundle.proto, core/util/saved_tensor_slice.proto,
core/framework/tensor_slice.proto, tensor_shape.proto, versions.proto, and the repeated fields of tensor.proto.
"""

from __future__ import annotations

from loadstone.wire.protobuf import MessageType

BUNDLE: dict[str, MessageType] = {}

VERSION_DEF = MessageType(
    "VersionDef",
    {"producer": (1, "int32"), "min_consumer": (2, "int32"), "bad_consumers": (3, "*int32")},
    BUNDLE,
)

DIMENSION = MessageType("Dim", {"size": (1, "int64"), "name": (2, "string")}, BUNDLE)

TENSOR_SHAPE = MessageType("TensorShapeProto", {"dim": (2, "*Dim"), "unknown_rank": (3, "bool")}, BUNDLE)

EXTENT = MessageType("Extent", {"start": (1, "int64"), "length": (2, "int64")}, BUNDLE)

TENSOR_SLICE = MessageType("TensorSliceProto", {"extent": (1, "*Extent")}, BUNDLE)

BUNDLE_HEADER = MessageType(
    "BundleHeaderProto",
    {"num_shards": (1, "int32"), "endianness": (2, "enum"), "version": (3, "VersionDef")},
    BUNDLE,
)

BUNDLE_ENTRY = MessageType(
    "BundleEntryProto",
    {
        "dtype": (1, "enum"),
        "shape": (2, "TensorShapeProto"),
        "shard_id": (3, "int32"),
        "offset": (4, "int64"),
        "size": (5, "int64"),
        "crc32c": (6, "fixed32"),
        "slices": (7, "*TensorSliceProto"),
    },
    BUNDLE,
)

SAVED_SLICE_META = MessageType(
    "SavedSliceMeta",
    {
        "name": (1, "string"),
        "shape": (2, "TensorShapeProto"),
        "type": (3, "enum"),
        "slice": (4, "*TensorSliceProto"),
    },
    BUNDLE,
)

SAVED_TENSOR_SLICE_META = MessageType(
    "SavedTensorSliceMeta", {"tensor": (1, "*SavedSliceMeta"), "versions": (2, "VersionDef")}, BUNDLE
)

TENSOR_VALUES = MessageType(
    "TensorProto",
    {
        "dtype": (1, "enum"),
        "tensor_content": (4, "bytes"),
        "half_val": (13, "*int32"),
        "float_val": (5, "*float"),
        "double_val": (6, "*double"),
        "int_val": (7, "*int32"),
        "string_val": (8, "*bytes"),
        "scomplex_val": (9, "*float"),
        "int64_val": (10, "*int64"),
        "bool_val": (11, "*bool"),
        "dcomplex_val": (12, "*double"),
        "uint32_val": (16, "*uint32"),
        "uint64_val": (17, "*uint64"),
    },
    BUNDLE,
)
"""Only the values of a TensorProto: a slice's shape is stated beside it."""

SAVED_SLICE = MessageType(
    "SavedSlice",
    {"name": (1, "string"), "slice": (2, "TensorSliceProto"), "data": (3, "TensorProto")},
    BUNDLE,
)

SAVED_TENSOR_SLICES = MessageType(
    "SavedTensorSlices", {"meta": (1, "SavedTensorSliceMeta"), "data": (2, "SavedSlice")}, BUNDLE
)
