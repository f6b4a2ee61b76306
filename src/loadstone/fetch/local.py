"""A path in the place of an address: folders and files are handed out as they are, archives are unpacked once.

The original is never modified. An archive's folder in the cache is found again by the archive's own hash.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from loadstone.errors import LoadstoneError, SourceError
from loadstone.fetch import shelf
from loadstone.fetch.trouble import WrongContentError

if TYPE_CHECKING:
    from loadstone.fetch.keep import Result
    from loadstone.fetch.source import Source


def obtain_local(source: Source) -> Result:
    """Return a local path, verified if a hash was given, unpacked if it is an archive."""
    from loadstone.fetch.keep import Result

    if os.path.isdir(source.path):
        if source.digest:
            raise SourceError("a folder has no hash of its own", where=source.path, help="name the archive instead")
        return Result(source.path, source, was_here=True, vouched="a folder on this machine")
    sha256 = _hashed(source)
    vouched = "a hash that you named" if source.digest else "a file on this machine"
    size = os.path.getsize(source.path)
    if not source.unpacks:
        return Result(source.path, source, sha256, size, vouched, was_here=True)
    path, was_here = _unpacked(source, sha256)
    return Result(path, source, sha256, size, vouched, was_here=was_here)


def _hashed(source: Source) -> str:
    from loadstone.fetch.hashing import hash_file

    if not source.digest and not source.unpacks:
        return ""
    algorithm, wanted = source.digest or ("sha256", "")
    try:
        digests = hash_file(source.path, {"sha256", algorithm})
    except OSError as error:
        raise SourceError(f"the file cannot be read: {error.strerror}", where=source.path) from error
    if wanted and digests[algorithm] != wanted:
        raise WrongContentError(
            f"the file is not the one whose {algorithm} you named",
            where=source.path,
            expected=wanted,
            found=digests[algorithm],
        )
    return digests["sha256"]


def _unpacked(source: Source, sha256: str) -> tuple[str, bool]:
    from loadstone.fetch import store
    from loadstone.fetch.causes import disk_error
    from loadstone.fetch.locks import locked

    identity = f"sha256:{sha256}"
    with locked(shelf.place("locks", f"{shelf.slug(identity)}.lock")):
        kept = shelf.find(identity)
        if kept is not None and store.sound(kept):
            return kept.path, True
        try:
            store.add(identity, source.path, name=source.file_name, sha256=sha256, unpacks=True)
            key = shelf.key_of(sha256, unpacked=True)
            store.name_it(identity, key=key, sha256=sha256, url="", vouched="a file on this machine")
        except OSError as error:
            raise disk_error(error, shelf.place("objects")) from error
        found = shelf.find(identity)
    if found is None:
        raise LoadstoneError("what was just unpacked cannot be read back", where=shelf.place("objects"))
    return found.path, False
