"""Looking things up in the cache: what stands there under a name, and whether it is still what was put there.

    names/SLUG.json         which object a name means, and what vouched for it
    pins/SLUG.json          the hash of a name's first download, where nobody publishes one
    objects/KEY/files/...   one downloaded file, or one unpacked archive; KEY is from the download's SHA-256
    objects/KEY/object.json its manifest: each file's size, time, inode and SHA-256
    partial/ locks/ aside/  transfers under way, their locks, and what was found damaged

An object folder appears by one rename, after everything in it is durable. So whatever stands in `objects` is complete.
What this is not: writing (`store`). It runs before anything heavy is imported and touches no network.
"""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from loadstone.fetch.home import home

VERSION = 1
KEY_LENGTH = 32
"""128 bits of the SHA-256: short enough for Windows paths; the manifest holds the whole of it."""


class Kept(NamedTuple):
    """One thing in the cache. `path` is what is handed out; `changed` names a file that is not as it was left."""

    id: str
    path: str
    sha256: str
    size: int
    vouched: str
    url: str
    when: str
    changed: str = ""


def slug(identity: str) -> str:
    """Return the file name that a source's identity has in the cache."""
    if identity.startswith(("zoo:", "keras:")):
        return identity.replace(":", ".", 1).replace("/", "+")
    import hashlib

    plain = "".join(character if character.isalnum() or character in "._-" else "_" for character in identity)
    return f"{plain[-80:]}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


def place(kind: str, *parts: str) -> str:
    """Return a path in the cache."""
    return os.path.join(home(), kind, *parts)


def key_of(sha256: str) -> str:
    """Return the name of the object folder of a download."""
    return sha256[:KEY_LENGTH]


def read_json(path: str) -> dict[str, Any] | None:
    """Return a record of the cache; None if there is none or it cannot be read."""
    try:
        with open(path, encoding="utf-8") as stream:
            record = json.load(stream)
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and record.get("version") == VERSION else None


def find(identity: str) -> Kept | None:
    """Return what the cache holds for a source, compared with its stamps; None if it holds nothing."""
    record = read_json(place("names", f"{slug(identity)}.json"))
    return _kept(record) if record else None


def _kept(record: dict[str, Any]) -> Kept | None:
    try:
        key = key_of(record["sha256"])
        manifest = read_json(place("objects", key, "object.json"))
        if manifest is None:
            return None
        return Kept(
            id=record["id"],
            path=os.path.join(place("objects", key, "files"), *manifest["entry"].split("/")),
            sha256=record["sha256"],
            size=manifest["size"],
            vouched=record["vouched"],
            url=record["url"],
            when=record["when"],
            changed=changed_file(key, manifest),
        )
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
