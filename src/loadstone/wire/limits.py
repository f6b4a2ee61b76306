"""Every cap that a declared length, count or depth meets, by name, with the reason for its value.

A message about a passed cap shows the declared number and the cap.
"""

from __future__ import annotations

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

PROTOBUF_DEPTH = 100
"""Nesting of protobuf messages; the official parsers stop at 100 as well."""

PROTOBUF_FIELDS = 1_000_000
"""Fields of one message at one level: the largest graph in the corpus has 1,618, and each costs about 130 bytes."""

GRAPH_NODES = 300_000
"""Nodes of one graph or function; the largest graph in the corpus has 9,562, a whole detector's library 55,093."""

PROTOBUF_BYTES = 2 * GIB
"""A serialised protobuf message cannot be longer: its lengths are int32 by specification."""

TENSOR_RANK = 254
"""TensorFlow's own bound on the number of dimensions (tensor_shape.h: MaxDimensions)."""

ARRAY_RANK = 32
"""NumPy's bound on the number of dimensions before version 2 (64 since)."""

TENSOR_DIMENSION = 1 << 40
"""A trillion elements along one axis: more than any model, less than overflows anything."""

CONSTANT_BYTES = 2 * GIB
"""What one constant may stand for; TensorFlow could not hold a larger one in its own graph."""

CONSTANT_FILL_BYTES = 64 * MIB
"""What the last value of a constant may be repeated to, where it is not the only one (that costs no memory)."""

TEXT_BYTES = 64 * MIB
"""A text file (pbtxt, JSON, YAML) that is parsed as a whole."""

TEXT_FIELDS = 1_000_000
"""Fields of one text proto; the largest in the wild corpus, a whole GraphDef, has 31,000. Each takes 150 bytes here."""

CONFIG_BYTES = 4 * MIB
"""A pipeline.config; the longest of 176 real ones has 9,000 bytes."""

LABEL_BYTES = 8 * MIB
"""A file of class names; the largest in use, the 21,000 classes of ImageNet-21k, has 0.5 MiB."""

JSON_DEPTH = 200
"""Nesting of JSON values; the deepest Keras configuration in the wild corpus has 40."""

JSON_VALUES = 1_000_000
"""Values in one JSON document; the largest configuration in the wild corpus has 9,000. Each takes 60 to 230 bytes."""

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
"""Unpacked members of one archive that are held in memory; the rest goes into unnamed temporary files."""

SPOOLED_RATIO = 20
"""Unpacked over packed bytes of what is unpacked to be looked at, beyond `FREE_BYTES`.

Weights of the wild corpus pack 1.1 to 1, graphs 10 to 1, zeros 1030 to 1.
"""

FREE_BYTES = 64 * MIB
"""Unpacked bytes that are looked at whatever the ratio; small archives of small files pack very well."""

ARCHIVE_MEMBERS = 20_000
"""Members of one archive that is looked into; the largest export of the zoos has 30."""

SNAPPY_BYTES = 64 * MIB
"""One snappy block, decompressed; tables are written with blocks of 4 KiB to 256 KiB, longer only for a long value."""

SNAPPY_RATIO = 22
"""Decompressed over compressed bytes: three bytes copy at most 64, so snappy cannot pass 21.3 to 1."""

ARRAY_ELEMENTS = 1 << 56
"""The sides of an array multiplied, empty ones left out: NumPy counts bytes in 63 bits, 16 to an element at most."""

TABLE_KEY_BYTES = 4 * KIB
"""A key of a sorted-string table: a variable's name, or a name with a slice."""

TABLE_KEY_RATIO = 32
"""All keys of a table's block over its bytes on disk: keys share prefixes, the wild ones stay below 7."""

RECORD_BYTES = GIB
"""One record of a TFRecord file; the largest example seen holds one uncompressed picture of 120 MB."""

RECORDS_COUNTED = 1_000_000
"""Records of one file whose headers are looked at; counting so many takes two seconds."""

RECORDS_UNPACKED_BYTES = 256 * MIB
"""Bytes of a compressed TFRecord file that are unpacked to count its records, about a second's work."""

STATE_BYTES = 4 * MIB
"""A folder's state file; one that lists ten thousand checkpoints has 1 MiB."""

CHECKPOINT_SHARDS = 10_000
"""Data files of one checkpoint; training on 2,000 parameter servers has been published, ten thousand has not."""

HDF5_USER_BLOCK = 1 << 30
"""How far into a file the HDF5 signature is looked for, at 512 and its doublings."""

HDF5_RANK = 32
"""Axes of a dataspace: HDF5's own bound (H5S_MAX_RANK)."""

HDF5_TYPE_DEPTH = 8
"""Datatypes within datatypes; a sequence of arrays of enumerations, all that h5py writes in practice, has 3 levels."""

HDF5_MESSAGES = 65_536
"""Messages in one object header; attributes pass to dense storage at 8, and the format counts them with 16 bits."""

HDF5_METADATA_RATIO = 4
"""Structure looked at, over the file's bytes: each is needed once, or twice where a header is read again."""

HDF5_METADATA_FLOOR = 1 * MIB
"""Structure that may always be looked at, however small the file."""

HDF5_VERIFIED_BYTES = 8 * MIB
"""Structure whose checksums are verified: at 5 MB/s in Python, this is two seconds, and 20,000 objects' worth."""

HDF5_OBJECTS = 100_000
"""Groups and datasets of one file; a Keras model of 1,000 layers with its optimizer has 15,000."""

HDF5_DEPTH = 100
"""Groups within groups; each nested Keras model adds three."""

HDF5_TREE_LEVELS = 32
"""Levels of a B-tree or of indirect heap blocks; sixteen levels of two already index more than any file holds."""

HDF5_CHUNKS = 1_000_000
"""Chunks of one dataset; h5py's automatic chunks of a 10 GB tensor are 20,000."""

HDF5_EXPANSION = 100
"""Declared over stored bytes of a chunked dataset; compressed weights reach 30 to 1 when nine in ten are pruned."""

HDF5_EXPANSION_FLOOR = 64 * MIB
"""Declared bytes of a chunked or never-written dataset that are always allowed."""

FLATBUFFER_UNITS = 300_000
"""Tables and vector elements (by fours) that are visited in one flatbuffer; large TFLite models have 20,000."""

FLEXBUFFER_BYTES = MIB
"""The options of one custom operation; detection post-processing has 160 bytes."""

FLEXBUFFER_DEPTH = 32
"""Nesting of flexbuffer values."""

FLEXBUFFER_VALUES = 20_000
"""Values in one flexbuffer."""

SAFETENSORS_HEADER = 100_000_000
"""Bytes of header that the reference reader of safetensors accepts."""

FOLDER_PARTS = 500
"""Files below one folder whose content is looked at, to find the models among them; the rest is counted and said."""

TFJS_WEIGHTS = 100_000
"""Weights and shards in a TensorFlow.js manifest."""

KEPT_BYTES = 8 * MIB
"""A member of a compressed tar up to this size is kept from the one pass that lists the archive."""

KEPT_TOTAL_BYTES = 64 * MIB
"""All kept members of one archive together."""


def shown(count: int) -> str:
    """Return a byte count as a person reads it, exact: `4,096 bytes`."""
    return f"{count:,} byte{'' if count == 1 else 's'}"


PICTURE_PIXELS = 89_478_485
"""Pixels of one picture: 256 MiB as RGB; Pillow warns of a decompression bomb from here on."""

PICTURE_BYTES = 64 * MIB
"""One picture that is fetched from an address."""

DATASET_FILES = 2_000_000
"""Files below a dataset's folder; Open Images, the largest public set of boxes, has 1.9 million pictures."""

DATASET_JSON_BYTES = GIB
"""One COCO document; the annotations of train2017 have 449 MB."""

DATASET_JSON_VALUES = 100_000_000
"""Values in one COCO document, half of them polygons' corners; train2017 has some 55 million."""

DATASET_TEXT_BYTES = 4 * GIB
"""One CSV of boxes, read line by line; Open Images' training boxes have 2.3 GB."""

DATASET_ROWS = 50_000_000
"""Boxes of one CSV; Open Images' have 14.6 million."""

PICTURE_OBJECTS = 100_000
"""Objects of one picture; crowded aerial pictures have some thousands."""

ANNOTATION_BYTES = 16 * MIB
"""The annotation of one picture: a VOC XML or a YOLO text; a thousand objects have 0.3 MiB of XML."""

XML_DEPTH = 64
"""Elements within elements of an XML document; VOC's have 4."""

XML_ELEMENTS = 500_000
"""Elements of an XML document; a thousand objects of VOC have 12,000."""

CSV_LINE_BYTES = 64 * KIB
"""One line of a CSV; a path and ten numbers have 300 bytes."""

DATA_YAML_BYTES = 4 * MIB
"""A `data.yaml` or `obj.data`; the one with Open Images' 600 names has 20 KiB."""

OUTLINE_STEPS = 1 << 23
"""Fifths of a pixel along one outline, which it is drawn in; round a picture of 89 million pixels are some 200,000."""

KEYPOINTS = 1_000
"""Keypoints of one object; whole-body annotations have 133."""
