"""Archives (zip, tar, tar.gz, tar.bz2, tar.xz) and single packed files, looked into without unpacking.

What it is: the list of members, the models among them read as parts through the registry, and the archive's own
wholeness. What it is not: an unpacker; an archive inside an archive is listed and not entered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from loadstone.errors import FormatError, LoadstoneError, TruncatedError
from loadstone.facts import FileFact, ModelFile
from loadstone.facts.model import FileState
from loadstone.formats import registry
from loadstone.formats.registry import Candidate
from loadstone.formats.trees.archive_tree import ZipTree
from loadstone.formats.trees.packed_tree import PackedTree
from loadstone.formats.trees.tar_tree import TarTree
from loadstone.formats.trees.tree import Tree
from loadstone.wire.compressed import Unpacked, compression
from loadstone.wire.zipguard import local_members

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_SHOWN = 3


def sniff(candidate: Candidate) -> bool:
    """Return whether the file begins as a zip, a tar, or something packed with gzip, bzip2 or xz."""
    head = candidate.head
    return head.startswith(_ZIP) or is_tar(head) or bool(compression(head))


def is_tar(head: bytes) -> bool:
    """Return whether the bytes begin with a tar header."""
    return head[257:262] == b"ustar"


def read(candidate: Candidate) -> ModelFile:
    """List the archive and read the models in it."""
    if isinstance(candidate.tree, ZipTree | TarTree | PackedTree):
        return _account(candidate, "an archive inside an archive, which is not entered")
    if candidate.head.startswith(_ZIP):
        return _zip(candidate)
    kind = compression(candidate.head)
    if is_tar(candidate.head) or is_tar(_unpacked_head(candidate, kind)):
        return _tar(candidate, kind)
    return _packed(candidate, kind)


def member(candidate: Candidate, source: str) -> Candidate | None:
    """Return the file or folder of the archive that a part's `source` names; None where it is not inside."""
    name, tree = source.removeprefix(candidate.source).strip("/"), opened(candidate)
    is_folder = tree.size(name) is None
    if is_folder and name and not any(known.startswith(f"{name}/") for known in tree.sizes):
        return None
    return Candidate(source, tree, name, is_folder=is_folder)


@lru_cache(maxsize=1)
def opened(candidate: Candidate) -> Tree:
    """Return the archive's members; kept, since a model's parts are asked for one after the other.

    Raises `FormatError` where it cannot be read.
    """
    kind = compression(candidate.head)
    if candidate.head.startswith(_ZIP):
        return ZipTree.open(candidate.tree, candidate.name)
    if is_tar(candidate.head) or is_tar(_unpacked_head(candidate, kind)):
        return TarTree.open(candidate.tree, candidate.name)
    return PackedTree(candidate.tree.view(candidate.name), kind, candidate.name)


def _unpacked_head(candidate: Candidate, kind: str) -> bytes:
    """Return the first unpacked bytes, as many as a tar header has; fewer where the file is cut or broken."""
    source = Unpacked(candidate.tree.view(candidate.name), kind)
    head = b""
    try:
        while len(head) < 512 and (piece := source.read(512 - len(head))):
            head += piece
    except FormatError:
        return head
    return head


def _zip(candidate: Candidate) -> ModelFile:
    try:
        tree = ZipTree.open(candidate.tree, candidate.name)
    except TruncatedError as error:
        names = [member.name for member in local_members(candidate.tree.view(candidate.name))]
        listed = f"; before that stand {', '.join(names[:_SHOWN])}" if names else ""
        return _account(
            candidate, f"{error}{listed}", details={"kind": "zip", "members": len(names)}, state="truncated"
        )
    return _described(candidate, tree, kind="zip", notes=list(tree.index.faults))


def _tar(candidate: Candidate, kind: str) -> ModelFile:
    tree = TarTree.open(candidate.tree, candidate.name)
    notes = [f"the name {name!r} is not used as a path: {why}" for name, why in tree.unsafe.items()]
    notes += [f"the member {name!r} is no regular file and is not read" for name in tree.others]
    notes += [f"two members are named {name!r}" for name in sorted(tree.twice)]
    if tree.broken is not None:
        notes.insert(0, f"the archive is not whole: {tree.broken}")
    return _described(candidate, tree, kind=f"tar.{kind}" if kind else "tar", notes=notes, broken=tree.broken)


def _packed(candidate: Candidate, kind: str) -> ModelFile:
    """Describe one file that is packed without a tar around it, such as `model.pb.gz`."""
    try:
        tree = PackedTree(candidate.tree.view(candidate.name), kind, candidate.name)
    except LoadstoneError as error:
        state: FileState = "truncated" if isinstance(error, TruncatedError) else "unreadable"
        return _account(candidate, f"packed with {kind}, and not whole: {error}", details={"kind": kind}, state=state)
    return _described(candidate, tree, kind=kind, notes=[])


def _described(
    candidate: Candidate, tree: Tree, *, kind: str, notes: list[str], broken: LoadstoneError | None = None
) -> ModelFile:
    """Return the archive's account, with the main model's facts in front and every model as a part."""
    details: dict[str, Any] = {
        "kind": kind,
        "members": len(tree.sizes),
        "unpacked_bytes": sum(tree.sizes.values()),
        "names": list(tree.sizes)[:100],
    }
    account = _account(candidate, "", details=details, state=_state(broken))
    inner = registry.read_as("folder", Candidate(candidate.source, tree, "", is_folder=True))
    if inner.format in ("empty", "unknown"):
        told = inner.notes if broken is None else ()
        return replace(account, notes=(*notes[:20], *told))
    parts = (replace(inner, parts=()), *inner.parts)
    return replace(
        account,
        complete=account.complete and inner.complete,
        producer=inner.producer,
        inputs=inner.inputs,
        outputs=inner.outputs,
        tensors=inner.tensors,
        signatures=inner.signatures,
        layers=inner.layers,
        ops=inner.ops,
        custom=inner.custom,
        labels=inner.labels,
        detector=inner.detector,
        notes=(*notes[:20], *_found(inner)),
        parts=parts,
    )


def _found(inner: ModelFile) -> Iterator[str]:
    yield f"the model inside is {inner.format} at {inner.source}"
    yield from inner.notes


def _state(broken: LoadstoneError | None) -> FileState:
    if broken is None:
        return "present"
    return "truncated" if isinstance(broken, TruncatedError) else "unreadable"


def _account(
    candidate: Candidate, note: str, *, details: dict[str, Any] | None = None, state: FileState = "present"
) -> ModelFile:
    """Return an archive of which nothing more is told."""
    return ModelFile(
        source=candidate.source,
        format="archive",
        complete=state == "present",
        files=(FileFact(candidate.name.rpartition("/")[2], "archive", candidate.size, state=state),),
        notes=(note,) if note else (),
        details=details or {},
    )
