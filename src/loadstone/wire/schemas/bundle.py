"""The messages inside checkpoints: the tensor bundle's (V2) and the saved tensor slices' (V1).

What it is: field tables. What it is not: where they lie (`formats/checkpoint/bundle.py`, `formats/checkpoint_v1.py`).
Specification: tensorflow/core/protobuf/tensor_bundle.proto, core/util/saved_tensor_slice.proto,
core/framework/tensor_slice.proto. Shapes, versions and values are the graph's own messages.
"""

from __future__ import annotations

from loadstone.wire.protobuf import MessageType
from loadstone.wire.schemas.graph import TENSOR, TENSOR_SHAPE, VERSIONS

BUNDLE: dict[str, MessageType] = {kind.name: kind for kind in (TENSOR, TENSOR_SHAPE, VERSIONS)}

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

SAVED_SLICE = MessageType(
    "SavedSlice",
    {"name": (1, "string"), "slice": (2, "TensorSliceProto"), "data": (3, "TensorProto")},
    BUNDLE,
)

SAVED_TENSOR_SLICES = MessageType(
    "SavedTensorSlices", {"meta": (1, "SavedTensorSliceMeta"), "data": (2, "SavedSlice")}, BUNDLE
)
