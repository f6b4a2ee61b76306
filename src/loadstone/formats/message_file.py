"""A file that is one protobuf message, as bytes or as text, opened for lazy reading."""

from __future__ import annotations

from loadstone.errors import LoadstoneError
from loadstone.formats.registry import is_text
from loadstone.formats.trees.tree import Tree
from loadstone.wire.limits import MIB, TEXT_BYTES
from loadstone.wire.protobuf import Message, MessageType

_COPIED_BYTES = 64 * MIB
"""A file up to this size is read whole, since single bytes come quicker from memory than from a map."""


def open_message(tree: Tree, name: str, kind: MessageType) -> Message:
    """Return the message in a file; a text is encoded first, so that positions in errors are then the encoded ones.

    Raises `FormatError` for text that the schema does not allow; binary faults show when the message is read.
    """
    if is_text(tree.head(name)):
        try:
            return Message(_encoded(tree.read(name, TEXT_BYTES), kind), kind)
        except LoadstoneError as error:
            raise error.at(name) from None
    size = tree.size(name) or 0
    data = tree.read(name, _COPIED_BYTES) if size <= _COPIED_BYTES else tree.view(name)
    return Message(data, kind)


def _encoded(text: bytes, kind: MessageType) -> bytes:
    from loadstone.wire.schemas.saved_model import ENUMS
    from loadstone.wire.text_encode import TextEncoder
    from loadstone.wire.textproto import parse

    return TextEncoder(ENUMS).encode(kind, parse(text))
