"""What a file is that no reader takes: every file gets a name and one true sentence.

What it is: the last row of the registry. It is also asked first, for what a signature proves (`sniff`), and after a
reader failed (`second_look`), for files that only begin like a model. What it is not: a reader of those formats.
"""

from __future__ import annotations

from loadstone.facts import FileFact, ModelFile
from loadstone.facts.model import FileState
from loadstone.formats.kinds.binary_kinds import binary_kind, protobuf_kind
from loadstone.formats.kinds.reencoded import Reencoded, reencoded
from loadstone.formats.kinds.signatures import signed
from loadstone.formats.kinds.text_kinds import TextKind as Kind
from loadstone.formats.kinds.text_kinds import any_text, text_kind
from loadstone.formats.registry import Candidate, is_text
from loadstone.wire.limits import KIB, shown

_TITLE_BYTES = 64 * KIB


def sniff(candidate: Candidate) -> bool:
    """Return whether the first bytes prove that the file is no TensorFlow or Keras model."""
    return _certain(candidate) is not None


def _certain(candidate: Candidate) -> Kind | None:
    head = candidate.head
    if not candidate.size:
        return Kind("empty", "empty: it has 0 bytes")
    if (signature := signed(head)) is not None:
        return Kind(signature.name, signature.words)
    return _text(candidate, head) if is_text(head) else binary_kind(candidate)


def _text(candidate: Candidate, head: bytes) -> Kind | None:
    kind = text_kind(head, candidate.size)
    if kind is None or kind.name != "html":
        return kind
    # Pages put scripts and styles before their title.
    kind = text_kind(candidate.tree.head(candidate.name, _TITLE_BYTES), candidate.size) or kind
    if not candidate.name.lower().endswith((".html", ".htm")):
        kind = Kind(kind.name, f"{kind.words}; a server sent it in the place of the file", kind.details)
    return kind


def read(candidate: Candidate) -> ModelFile:
    """Say what the file is; anything at all gets an answer."""
    kind = _certain(candidate)
    if kind is None and is_text(candidate.head):
        kind = any_text(candidate.head, candidate.size)
    if kind is not None:
        return _named(candidate, kind)
    if (other := second_look(candidate)) is not None:
        return other
    begins = candidate.head[:8].hex(" ")
    return _named(candidate, Kind("unknown", f"of no known kind: {shown(candidate.size)} that begin {begins}"))


def second_look(candidate: Candidate) -> ModelFile | None:
    """Return what a file is that begins like a model, and that its reader could not read; None: it is just broken."""
    view = candidate.tree.view(candidate.name)
    if not is_text(candidate.head) and (found := reencoded(view)) is not None:
        return _reencoded(candidate, found)
    kind = protobuf_kind(candidate)
    return _named(candidate, kind) if kind is not None else None


def _named(candidate: Candidate, kind: Kind) -> ModelFile:
    expected: int | None = None
    state: FileState = "present"
    if kind.name == "git-lfs-pointer":
        state, expected = "lfs-pointer", kind.details["size"]
    return ModelFile(
        source=candidate.source,
        format=kind.name,
        complete=kind.name not in ("git-lfs-pointer", "empty", "symlink-text", "reencoded-binary"),
        files=(_fact(candidate, expected, state),),
        notes=(f"this file is {kind.words}",),
        details=dict(kind.details),
    )


def _reencoded(candidate: Candidate, found: Reencoded) -> ModelFile:
    if found.encoding is None:
        how = "as text of the wrong encoding; replacement characters (U+FFFD) stand where bytes were lost for good"
    else:
        how = f"as {found.encoding} text and saved as UTF-8"
    words = (
        f"this file is binary that was read {how}: about {shown(found.healthy_size)} became {candidate.size:,}; "
        "fetch the original again, in binary mode"
    )
    return ModelFile(
        source=candidate.source,
        format="reencoded-binary",
        complete=False,
        files=(_fact(candidate, found.healthy_size, "unreadable"),),
        notes=(words,),
        details={"encoding": found.encoding, "healthy_size": found.healthy_size},
    )


def _fact(candidate: Candidate, expected: int | None, state: FileState) -> FileFact:
    name = candidate.name.rpartition("/")[2]
    return FileFact(name, "file", candidate.size, expected=expected, state=state)
