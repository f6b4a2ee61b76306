"""Writing the cache: a finished download becomes an object, and a name that means it.

Every step leaves the cache in a state that the next run can go on from: the object folder is built beside its place,
made durable, and renamed; the name is written after it; the partial file goes last. A crash in between costs at most
the unpacking. The caller holds the source's lock.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from loadstone.fetch import shelf
from loadstone.fetch.hashing import hash_file
from loadstone.fetch.trouble import WrongContentError
from loadstone.fetch.unpack import Written, sync_folder, unpack

if TYPE_CHECKING:
    from loadstone.fetch.shelf import Kept


def add(identity: str, path: str, *, name: str, sha256: str, unpacks: bool) -> None:
    """Make an object of a complete, verified file: under its own name, or unpacked. The file itself stays."""
    fresh = shelf.place("objects", f".new-{shelf.slug(identity)}")
    shutil.rmtree(fresh, ignore_errors=True)
    os.makedirs(fresh)
    files = os.path.join(fresh, "files")
    try:
        if unpacks:
            entry, written = _unpacked(path, fresh, stem(name))
        else:
            entry, written = name, [_linked(path, files, name, sha256)]
        manifest = {"version": shelf.VERSION, "sha256": sha256, "size": os.path.getsize(path), "entry": entry}
        write_json(os.path.join(fresh, "object.json"), {**manifest, "files": _stamps(files, written)})
        sync_folder(files)
        _move_in(fresh, shelf.key_of(sha256, unpacked=unpacks))
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def add_folder(identity: str, path: str, *, name: str) -> str:
    """Make an object of the regular files of a folder that is not ours; return its SHA-256.

    A folder has no hash of its own: it is that of the sorted list of its files' names and hashes.
    """
    fresh = shelf.place("objects", f".new-{shelf.slug(identity)}")
    shutil.rmtree(fresh, ignore_errors=True)
    files = os.path.join(fresh, "files")
    try:
        written = [_copied(path, inner, files, name) for inner in _regular_files(path)]
        listing = "".join(f"{item.sha256}  {item.name}\n" for item in sorted(written))
        sha256 = hashlib.sha256(listing.encode()).hexdigest()
        size = sum(item.size for item in written)
        manifest = {"version": shelf.VERSION, "sha256": sha256, "size": size, "entry": name}
        write_json(os.path.join(fresh, "object.json"), {**manifest, "files": _stamps(files, written)})
        for place, _, _ in os.walk(files):
            sync_folder(place)
        _move_in(fresh, shelf.key_of(sha256, unpacked=True))
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return sha256


def _regular_files(folder: str) -> list[str]:
    paths = (os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)
    return sorted(os.path.relpath(path, folder) for path in paths if os.path.isfile(path) and not os.path.islink(path))


def _copied(folder: str, inner: str, files: str, name: str) -> Written:
    target = os.path.join(files, name, inner)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    sha256 = hash_file(os.path.join(folder, inner))["sha256"]
    _copy(os.path.join(folder, inner), target, sha256)
    return Written(f"{name}/{inner.replace(os.sep, '/')}", os.path.getsize(target), sha256)


def _linked(path: str, files: str, name: str, sha256: str) -> Written:
    """Give a downloaded file its own name in a new object, by a second link where the file system has links.

    A file that is not ours is copied: its owner may write into it later.
    """
    os.mkdir(files)
    target = os.path.join(files, name)
    ours = os.path.dirname(path) == shelf.place("partial")
    if not (ours and _link(path, target)):
        _copy(path, target, sha256)
    return Written(name, os.path.getsize(target), sha256)


def _link(path: str, target: str) -> bool:
    try:
        os.link(path, target)
    except OSError:
        return False
    return True


def _copy(path: str, target: str, sha256: str) -> None:
    shutil.copyfile(path, target)
    with open(target, "rb+") as stream:
        os.fsync(stream.fileno())
    if hash_file(target)["sha256"] != sha256:
        raise WrongContentError("the file changed while it was copied", where=path)


def _unpacked(path: str, fresh: str, name: str) -> tuple[str, list[Written]]:
    """Unpack below `files`; an archive without one root folder gets one, so that the result has a telling name."""
    inner = os.path.join(fresh, "unpacked")
    os.mkdir(inner)
    written = unpack(path, inner)
    tops = {item.name.partition("/")[0] for item in written}
    files = os.path.join(fresh, "files")
    if len(tops) == 1 and all("/" in item.name for item in written):
        os.rename(inner, files)
        return tops.pop(), written
    os.mkdir(files)
    os.rename(inner, os.path.join(files, name))
    return name, [item._replace(name=f"{name}/{item.name}") for item in written]


def stem(name: str) -> str:
    """Return an archive's file name without its endings."""
    lower = name.lower()
    for suffix in (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tbz2", ".txz", ".tar", ".zip"):
        if lower.endswith(suffix):
            return name[: -len(suffix)] or "model"
    return name


def _stamps(files: str, written: Iterable[Written]) -> dict[str, list[Any]]:
    stamps: dict[str, list[Any]] = {}
    for item in written:
        status = os.stat(os.path.join(files, *item.name.split("/")))
        stamps[item.name] = [status.st_size, status.st_mtime_ns, status.st_ino, item.sha256]
    return stamps


def _move_in(fresh: str, key: str) -> None:
    """Rename a finished object into its place; an equal one that is there and sound stays."""
    target = shelf.place("objects", key)
    sync_folder(fresh)
    for _ in range(2):
        if os.path.isdir(target):
            if is_sound(key):
                return
            put_aside(key)
        try:
            os.rename(fresh, target)
            break
        except OSError:
            # The same content under another name, moved in by another process between the look and the rename.
            if not os.path.isdir(target):
                raise
    sync_folder(os.path.dirname(target))


def name_it(identity: str, *, key: str, sha256: str, url: str, vouched: str) -> None:
    """Write which object a name means."""
    record = {"version": shelf.VERSION, "id": identity, "object": key, "sha256": sha256, "url": url, "vouched": vouched}
    write_json(shelf.place("names", f"{shelf.slug(identity)}.json"), {**record, "when": today()})


def pin(identity: str, *, sha256: str, size: int, url: str) -> None:
    """Remember the hash of a first download."""
    record = {"version": shelf.VERSION, "id": identity, "sha256": sha256, "size": size, "url": url}
    write_json(shelf.place("pins", f"{shelf.slug(identity)}.json"), {**record, "first_seen": today()})


def pinned(identity: str) -> dict[str, Any] | None:
    """Return the pin of a source, if there is one."""
    return shelf.read_json(shelf.place("pins", f"{shelf.slug(identity)}.json"))


def pinned_digest(identity: str) -> tuple[tuple[str, str] | None, str]:
    """Return the digest that a source was pinned to and whose word that is; (None, "") where it was not."""
    record = pinned(identity)
    if record is None:
        return None, ""
    return ("sha256", str(record["sha256"])), f"the first download of {record['first_seen']}"


def today() -> str:
    """Return the date, as records carry it."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def write_json(path: str, record: dict[str, Any]) -> None:
    """Write a record so that it is there whole or not at all."""
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    fresh = f"{path}.{os.getpid()}.new"
    try:
        with open(fresh, "w", encoding="utf-8") as stream:
            json.dump(record, stream, ensure_ascii=False)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(fresh, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(fresh)
    sync_folder(folder)


def is_sound(key: str) -> bool:
    """Read every file of an object and compare its hash; stamps that only moved are renewed."""
    return not damaged_files(key)


def damaged_files(key: str) -> list[str]:
    """Return the files of an object whose content is not what was put there, or that are gone."""
    root = shelf.place("objects", key)
    manifest = shelf.read_json(os.path.join(root, "object.json"))
    if manifest is None:
        return ["object.json"]
    files = os.path.join(root, "files")
    damaged = [name for name, stamp in manifest["files"].items() if _hash_of(files, name) != stamp[3]]
    if not damaged and shelf.changed_file(key, manifest):
        written = [Written(name, stamp[0], stamp[3]) for name, stamp in manifest["files"].items()]
        # In a cache that may only be read the stamps stay old, and the hashes are compared each time.
        with contextlib.suppress(OSError):
            write_json(os.path.join(root, "object.json"), {**manifest, "files": _stamps(files, written)})
    return damaged


def _hash_of(files: str, name: str) -> str:
    try:
        return hash_file(os.path.join(files, *name.split("/")))["sha256"]
    except OSError:
        return ""


def put_aside(key: str) -> str:
    """Move a damaged object out of the way, so that it is never trusted again and nothing is destroyed unasked."""
    target = shelf.place("aside", f"{key}-{time.time_ns()}")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.rename(shelf.place("objects", key), target)
    return target


def sound(kept: Kept) -> bool:
    """Whether what a name means may be used: its stamps agree, or else its hashes do. Damage is put aside."""
    if not kept.changed:
        return True
    key = kept.key
    if is_sound(key):
        return True
    with contextlib.suppress(OSError):
        put_aside(key)
    return False
