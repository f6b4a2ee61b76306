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

TEXT_FIELDS = 1_000_000
"""Fields of one text proto; the largest in the wild corpus, a whole GraphDef, has 31,000. Each takes 150 bytes here."""

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

SPOOLED_BYTES = 32 * MIB
"""A compressed archive member up to this size is unpacked into memory, a longer one into an unnamed temporary file."""

SPOOLED_RATIO = 200
"""Unpacked over packed bytes of a member that is spooled; weights of the wild corpus pack 1.1 to 1, zeros 1030 to 1."""

VIEW_BYTES = 4 * GIB
"""One compressed archive member that is unpacked for random access."""

SNAPPY_BYTES = 64 * MIB
"""One snappy block, decompressed; tables are written with blocks of 4 KiB to 256 KiB, longer only for a long value."""

SNAPPY_RATIO = 22
"""Decompressed over compressed bytes: three bytes copy at most 64, so snappy cannot pass 21.3 to 1."""

TABLE_KEY_BYTES = 4 * KIB
"""A key of a sorted-string table: a variable's name, or a name with a slice."""

TABLE_KEY_RATIO = 64
"""All keys of a table together over the file's bytes: keys share prefixes, honest tables stay below 10."""

CHECKPOINT_SHARDS = 10_000
"""Data files of one checkpoint; training on 2,000 parameter servers has been published, ten thousand has not."""


def shown(count: int) -> str:
    """Return a byte count as a person reads it, exact: `4,096 bytes`."""
    return f"{count:,} byte{'' if count == 1 else 's'}"
