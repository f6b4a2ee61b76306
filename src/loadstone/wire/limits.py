"""Every cap that a declared length, count or depth meets, by name, with the reason for its value.

A message about a passed cap shows the declared number and the cap.
"""

from __future__ import annotations

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

PROTOBUF_DEPTH = 100
"""Nesting of protobuf messages; the official parsers stop at 100 as well."""

PROTOBUF_BYTES = 2 * GIB
"""A serialised protobuf message cannot be longer: its lengths are int32 by specification."""

TENSOR_RANK = 254
"""TensorFlow's own bound on the number of dimensions (tensor_shape.h: MaxDimensions)."""

TENSOR_DIMENSION = 1 << 40
"""A trillion elements along one axis: more than any model, less than overflows anything."""

TEXT_BYTES = 64 * MIB
"""A text file (pbtxt, JSON, YAML) that is parsed as a whole."""

JSON_DEPTH = 200
"""Nesting of JSON values; the deepest Keras configuration in the wild corpus has 40."""

NAME_BYTES = 4 * KIB
"""A name of a variable, node, layer or archive member."""

FOLDER_ENTRIES = 100_000
"""Files that are looked at below one folder, or members in one archive."""

FOLDER_DEPTH = 12
"""Levels of folders that are looked into below the one named."""

MEMBER_BYTES = 512 * MIB
"""One archive member that is read into memory (a protobuf or an index; tensor data is streamed)."""

EXPANSION_RATIO = 1100
"""Unpacked over packed bytes: deflate cannot pass 1032 to 1, so more is a lie about a size."""


def shown(count: int) -> str:
    """Return a byte count as a person reads it, exact: `4,096 bytes`."""
    return f"{count:,} byte{'' if count == 1 else 's'}"
