"""Looking things up in the cache: what stands there under a name, and whether it is still what was put there.

    names/SLUG.json         which object a name means, and what vouched for it
    typed/SLUG.json         what a person typed for it, see `quick`
    pins/SLUG.json          the hash of a name's first download, where nobody publishes one
    objects/KEY/files/...   one downloaded file, or one unpacked archive; KEY is from the download's SHA-256
    objects/KEY/object.json its manifest: each file's size, time, inode and SHA-256
    partial/ locks/ aside/  transfers under way, their locks, and what was found damaged

An object folder appears by one rename, after everything in it is durable. So whatever stands in `objects` is complete.
What this is not: writing (`store`). It runs before anything heavy is imported and touches no network.
"""

from __future__ import annotations

import os

from loadstone.settings import home

TYPE_CHECKING = False
"""Type checkers take this for true. `typing` itself would cost a third of what looking something up may."""
if TYPE_CHECKING:
    from typing import Any

VERSION = 1
_ESCAPES = {code: f"%{code:02x}" for code in range(128) if not chr(code).isalnum() and chr(code) not in "._-@"}
_ESCAPES |= {ord(":"): "+", ord("/"): "="}
SLUG_LENGTH = 150
"""Room for `.journal` and the like within the 255 bytes that file systems give a name."""

KEY_LENGTH = 32
"""128 bits of the SHA-256: short enough for Windows paths; the manifest holds the whole of it."""


class Kept:
    """One thing in the cache. `path` is what is handed out; `changed` names a file that is not as it was left."""

    __slots__ = ("changed", "id", "key", "path", "sha256", "size", "url", "vouched", "when")

    def __init__(self, record: dict[str, Any], manifest: dict[str, Any]) -> None:
        self.id: str = record["id"]
        self.key: str = record["object"]
        self.sha256: str = record["sha256"]
        self.vouched: str = record["vouched"]
        self.url: str = record["url"]
        self.when: str = record["when"]
        self.size: int = manifest["size"]
        self.path = place("objects", self.key, "files", *manifest["entry"].split("/"))
        self.changed = changed_file(self.key, manifest)


def slug(identity: str) -> str:
    """Return the file name that a source's identity has in the cache."""
    spelled = identity.translate(_ESCAPES)
    if len(spelled) <= SLUG_LENGTH and spelled.isascii():
        return spelled
    import hashlib

    plain = "".join(character for character in spelled if character.isascii())
    return f"{plain[-80:]}%{hashlib.sha256(identity.encode()).hexdigest()[:32]}"


def place(kind: str, *parts: str) -> str:
    """Return a path in the cache."""
    return os.path.join(home(), kind, *parts)


def key_of(sha256: str, *, unpacked: bool) -> str:
    """Return the name of the object folder of a download; an archive and what was unpacked from it are two objects."""
    return f"{sha256[:KEY_LENGTH]}.d" if unpacked else sha256[:KEY_LENGTH]


def read_json(path: str) -> dict[str, Any] | None:
    """Return a record of the cache; None if there is none or it cannot be read."""
    if not os.path.exists(path):
        return None
    import json

    try:
        with open(path, encoding="utf-8") as stream:
            record = json.load(stream)
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and record.get("version") == VERSION else None


def find(identity: str) -> Kept | None:
    """Return what the cache holds for a source, compared with its stamps; None if it holds nothing."""
    record = read_json(place("names", f"{slug(identity)}.json"))
    # Where file names know no case, another address may stand under the same one.
    return _kept(record) if record and record.get("id") == identity else None


def _kept(record: dict[str, Any]) -> Kept | None:
    try:
        manifest = read_json(place("objects", record["object"], "object.json"))
        return Kept(record, manifest) if manifest else None
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def changed_file(key: str, manifest: dict[str, Any]) -> str:
    """Return the first file of an object that is not as it was left; empty if all are."""
    root = place("objects", key, "files")
    for name, (size, modified, inode, _) in manifest["files"].items():
        try:
            status = os.stat(os.path.join(root, name), follow_symlinks=False)
        except OSError:
            return str(name)
        if (status.st_size, status.st_mtime_ns, status.st_ino) != (size, modified, inode):
            return str(name)
    return ""


def names_here() -> set[str]:
    """Return the slugs of everything that has a name in the cache."""
    try:
        return {name[:-5] for name in os.listdir(place("names")) if name.endswith(".json")}
    except OSError:
        return set()


def everything() -> list[Kept]:
    """Return everything that has a name in the cache and is there, by name."""
    records = (read_json(place("names", f"{name}.json")) for name in sorted(names_here()))
    return [kept for record in records if record and (kept := _kept(record))]
