"""A copy of something in the cache at a place of the user's own: whole or not at all, never over what stands there."""

from __future__ import annotations

import os
import shutil

from loadstone.errors import SourceError
from loadstone.fetch.causes import disk_error
from loadstone.fetch.unpack import sync_folder


def put(path: str, wanted: str, *, force: bool = False, inside: bool = False) -> str:
    """Copy a file or folder and return where it lies.

    `wanted` is a folder that exists (the copy gets its own name in it), or the copy's name. With `inside` it is a
    folder, made if it does not exist.
    """
    target = os.path.abspath(wanted)
    if inside or os.path.isdir(target) or wanted.endswith(("/", os.sep)):
        target = os.path.join(target, os.path.basename(path))
    if os.path.lexists(target):
        if _equal(path, target):
            return target
        if not force:
            raise SourceError(
                "something else stands where the copy should go", where=target, help="use --force to replace it"
            )
    try:
        _copy(path, target)
    except OSError as error:
        raise disk_error(error, target) from error
    return target


def _copy(path: str, target: str) -> None:
    folder, name = os.path.split(target)
    os.makedirs(folder, exist_ok=True)
    fresh = os.path.join(folder, f".{name}.{os.getpid()}.new")
    try:
        if os.path.isdir(path):
            shutil.copytree(path, fresh)
        else:
            shutil.copyfile(path, fresh)
        _sync(fresh)
        if os.path.isdir(target) and not os.path.islink(target):
            # A folder cannot be replaced by one rename; the old one keeps its content until the new one stands.
            old = os.path.join(folder, f".{name}.{os.getpid()}.old")
            os.rename(target, old)
            os.rename(fresh, target)
            shutil.rmtree(old)
        else:
            os.replace(fresh, target)
        sync_folder(folder)
    finally:
        if os.path.isdir(fresh):
            shutil.rmtree(fresh)
        elif os.path.lexists(fresh):
            os.unlink(fresh)


def _sync(path: str) -> None:
    for place, _, names in os.walk(path):
        for name in names:
            _sync_file(os.path.join(place, name))
        sync_folder(place)
    if os.path.isfile(path):
        _sync_file(path)


def _sync_file(path: str) -> None:
    with open(path, "rb+") as stream:
        os.fsync(stream.fileno())


def _equal(one: str, other: str) -> bool:
    """Whether two files, or the files of two folders, have the same content."""
    import filecmp

    if os.path.isfile(one) and os.path.isfile(other):
        return filecmp.cmp(one, other, shallow=False)
    if not (os.path.isdir(one) and os.path.isdir(other)):
        return False
    names = _files(one)
    return names == _files(other) and all(
        filecmp.cmp(os.path.join(one, name), os.path.join(other, name), shallow=False) for name in names
    )


def _files(folder: str) -> list[str]:
    return sorted(
        os.path.relpath(os.path.join(place, name), folder) for place, _, names in os.walk(folder) for name in names
    )
