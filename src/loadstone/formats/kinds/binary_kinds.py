"""What a binary file that is no TensorFlow or Keras model is, where a fixed signature does not tell it.

What it is: looks at the structure of pickles, zips, Darknet weights and other protobufs.
What it is not: a loader of any of them; a pickle's opcodes are never run.
Specifications: pickletools (opcodes), onnx.proto, caffe.proto, CoreML's Model.proto,
MindSpore's checkpoint.proto.
"""

from __future__ import annotations

import struct

from loadstone.errors import FormatError, LoadstoneError
from loadstone.formats.kinds.text_kinds import TextKind as Kind
from loadstone.formats.registry import Candidate
from loadstone.formats.trees.tree import Tree
from loadstone.wire.protobuf import FIXED32, FIXED64, LEN, VARINT, Buffer, read_varint

_TORCH_MAGIC = (0x1950A86A20F9469CFC6C).to_bytes(10, "little")
"""The number that legacy torch.save pickles first."""

_EVENTS = b"brain.Event:"


def binary_kind(candidate: Candidate) -> Kind | None:
    """Return what the file surely is by its own structure, or None."""
    head = candidate.head
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return zip_kind(candidate)
    for test in (_pickle, _events, _darknet, _side_file, _onnx):
        if (kind := test(candidate, head)) is not None:
            return kind
    return None


def _pickle(candidate: Candidate, head: bytes) -> Kind | None:
    if not (head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")):
        return None
    if _TORCH_MAGIC in head[:64]:
        return Kind("torch", "a PyTorch file of the old form (pickles); it is not loaded, since that runs code")
    if b"joblib" in head:
        return Kind("joblib", "a joblib file (a pickle with arrays); it is not loaded, since that runs code")
    return Kind("pickle", "a Python pickle; it is not loaded, since that runs code")


def _events(candidate: Candidate, head: bytes) -> Kind | None:
    if head[12:13] == b"\x09" and _EVENTS in head[12:64]:
        return Kind("tensorboard-events", "a TensorBoard events file: a training's log, not its model")
    return None


def _darknet(candidate: Candidate, head: bytes) -> Kind | None:
    if len(head) < 20 or not candidate.name.endswith((".weights", ".conv.15", ".conv.74", ".conv.137")):
        return None
    major, minor, _revision = struct.unpack_from("<3i", head)
    if (major, minor) in ((0, 1), (0, 2)):
        return Kind("darknet-weights", "weights of a Darknet (YOLO) network; the network is in a .cfg file")
    return None


def _side_file(candidate: Candidate, head: bytes) -> Kind | None:
    """Name the small files that stand beside a SavedModel."""
    name = candidate.name.rpartition("/")[2]
    if name == "fingerprint.pb" and candidate.size < 1024:
        return Kind("savedmodel-fingerprint", "a SavedModel's fingerprint; the model is saved_model.pb")
    if head[:1] == b"\x0a" and b"_tf_keras_" in head[:128]:
        return Kind("keras-metadata", "the Keras metadata of a SavedModel; the model is saved_model.pb")
    network = f"{candidate.name.removesuffix('.bin')}.xml"
    if name.endswith(".bin") and _is_network(candidate.tree, network):
        words = f"weights of an OpenVINO network (IR); the network is {network.rpartition('/')[2]} beside it"
        return Kind("openvino-weights", words)
    if head[:16] == bytes(16) and name.endswith(".pdiparams"):
        return Kind("paddle", "weights of a PaddlePaddle model")
    return None


_NET_WITHIN = 256
"""Bytes at the start of an IR's XML in which its root element is."""


def _is_network(tree: Tree, name: str) -> bool:
    return tree.size(name) is not None and b"<net " in tree.head(name)[:_NET_WITHIN]


def _onnx(candidate: Candidate, head: bytes) -> Kind | None:
    """Recognise ONNX's ModelProto by its first two fields: ir_version, then the producer's or the graph's."""
    if head[:1] != b"\x08" or len(head) < 8 or head[1] >= 0x20:
        return None
    name = head[4 : 4 + head[3]]
    if head[2:3] == b"\x12" and 2 <= head[3] < 64 and all(32 <= byte < 127 for byte in name):
        producer = name.decode("ascii")
        return Kind("onnx", f"an ONNX model made by {producer}", {"producer": producer})
    return None


_ZIP_NAMES = (
    ("data.pkl", "torch", "a PyTorch file (a zip with data.pkl); it is not loaded, since that runs code"),
    ("word/document.xml", "office", "a Word document"),
    ("xl/workbook.xml", "office", "an Excel workbook"),
    ("ppt/presentation.xml", "office", "a PowerPoint presentation"),
    ("META-INF/MANIFEST.MF", "java-archive", "a Java archive"),
    ("AndroidManifest.xml", "android-package", "an Android package"),
)


def zip_kind(candidate: Candidate) -> Kind | None:
    """Return what a zip is that is neither a Keras model nor a plain archive, by its members' names."""
    from loadstone.formats.trees.archive_tree import ZipTree

    try:
        names = list(ZipTree.open(candidate.tree, candidate.name).sizes)
    except LoadstoneError:
        return None
    for ending, name, words in _ZIP_NAMES:
        if any(member == ending or member.endswith(f"/{ending}") for member in names):
            return Kind(name, words)
    if names and all(member.endswith(".npy") for member in names):
        return Kind("npz", f"NumPy arrays (.npz): {', '.join(names[:5])}{', …' if len(names) > 5 else ''}")
    return None


def protobuf_kind(candidate: Candidate) -> Kind | None:
    """Return which other framework's protobuf the whole file is, or None."""
    spans = _top_level(candidate.tree.view(candidate.name))
    numbers = {number for number, _, _ in spans}
    if {7, 8} <= numbers <= {1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26}:
        return Kind("onnx", "an ONNX model")
    if 100 in numbers and numbers <= {1, 2, 3, 4, 5, 6, 7, 8, 100}:
        return Kind("caffe", "weights of a Caffe model (.caffemodel)")
    if {1, 2} <= numbers and numbers & _COREML:
        return Kind("coreml", "an Apple Core ML model")
    view = candidate.tree.view(candidate.name)
    if numbers == {1} and all(_is_mindspore(bytes(view[start : start + 256])) for _, start, _ in spans[:3]):
        words = f"a MindSpore checkpoint of {len(spans):,} parameters, which TensorFlow's `.ckpt` is not"
        return Kind("mindspore-checkpoint", words, {"parameters": len(spans)})
    return None


_COREML = {200, 201, 202, 300, 301, 302, 303, 304, 400, 401, 402, 403, 404, 500, 501, 502, 555, 600}
"""Field numbers of the model kinds in Core ML's Model.proto."""

_TOP_FIELDS = 20_000
"""Top-level fields that are looked at; a checkpoint has one per parameter."""


def _top_level(view: Buffer) -> list[tuple[int, int, int]]:
    """Return (field number, start, end) of every top-level field; empty where the bytes are no protobuf."""
    spans: list[tuple[int, int, int]] = []
    at, end = 0, len(view)
    try:
        while at < end and len(spans) < _TOP_FIELDS:
            tag, at = read_varint(view, at, end)
            start, at = _skip(view, at, end=end, wire=tag & 7)
            spans.append((tag >> 3, start, at))
    except FormatError:
        return []
    return spans


def _skip(view: Buffer, at: int, *, end: int, wire: int) -> tuple[int, int]:
    """Return the (start, end) of a field's content."""
    if wire == VARINT:
        return at, read_varint(view, at, end)[1]
    if wire == LEN:
        length, at = read_varint(view, at, end)
    else:
        length = {FIXED32: 4, FIXED64: 8}.get(wire, -1)
    if not 0 <= length <= end - at:
        raise FormatError("a field passes the end of the bytes", where=f"byte {at:,}")
    return at, at + length


def _is_mindspore(head: bytes) -> bool:
    """Return whether a parameter is {tag: text, tensor: {dims: varints, ...}}."""
    if len(head) < 8 or head[0] != 0x0A:
        return False
    tag_end = 2 + head[1]
    # After the name comes the tensor: field 2, with its dimensions (field 1, varints) first.
    return head[tag_end : tag_end + 1] == b"\x12" and b"\x08" in head[tag_end + 1 : tag_end + 8]
