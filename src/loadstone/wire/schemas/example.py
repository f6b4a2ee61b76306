"""The messages that TFRecord files usually hold: `tf.train.Example` and `SequenceExample`.

What it is: field tables. Specification: tensorflow/core/example/example.proto and feature.proto.
"""

from __future__ import annotations

from loadstone.wire.protobuf import MessageType

EXAMPLES: dict[str, MessageType] = {}

BYTES_LIST = MessageType("BytesList", {"value": (1, "*bytes")}, EXAMPLES)

FLOAT_LIST = MessageType("FloatList", {"value": (1, "*float")}, EXAMPLES)

INT64_LIST = MessageType("Int64List", {"value": (1, "*int64")}, EXAMPLES)

FEATURE = MessageType(
    "Feature",
    {"bytes_list": (1, "BytesList"), "float_list": (2, "FloatList"), "int64_list": (3, "Int64List")},
    EXAMPLES,
)

FEATURES = MessageType("Features", {"feature": (1, "map:Feature")}, EXAMPLES)

FEATURE_LIST = MessageType("FeatureList", {"feature": (1, "*Feature")}, EXAMPLES)

FEATURE_LISTS = MessageType("FeatureLists", {"feature_list": (1, "map:FeatureList")}, EXAMPLES)

EXAMPLE = MessageType("Example", {"features": (1, "Features")}, EXAMPLES)

SEQUENCE_EXAMPLE = MessageType(
    "SequenceExample", {"context": (1, "Features"), "feature_lists": (2, "FeatureLists")}, EXAMPLES
)
