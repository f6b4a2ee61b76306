"""`get_file` with the arguments of `keras.utils.get_file`, which it can replace in anybody's script.

What differs: the file under the final name is always complete; a broken connection is resumed; a truncated file that an
earlier run of Keras left there is recognised and fetched again; archives are unpacked whole or not at all, without
links and without names that leave the folder.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from loadstone.errors import SourceError

if TYPE_CHECKING:
    from loadstone.fetch.transport import Transport

ALGORITHMS = {"sha256": "sha256", "md5": "md5"}


def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | list[str] | None = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
    *,
    transport: Transport | None = None,
) -> str:
    """Return the path of the file at `origin`, or of the folder it was unpacked into (`extract`).

    The arguments, their order and the places on disk are those of `keras.utils.get_file`; see its documentation.
    """
    from loadstone.fetch.into import Order, fetch_into, unpack_beside

    if not origin:
        raise SourceError("get_file needs an origin", help='get_file(origin="https://...")')
    folder = os.path.join(_cache_folder(cache_dir), cache_subdir)
    target, unpacked = _places(folder, _name(fname), origin, unpacks=extract or untar)
    order = Order(
        url=origin,
        target=target,
        digest=_digest(file_hash or md5_hash, "md5" if md5_hash and not file_hash else hash_algorithm),
        again=force_download,
        transport=transport,
    )
    fetched = fetch_into(order)
    if not unpacked:
        return target
    if archive_format is not None and (fetched or not os.path.isdir(unpacked)):
        unpack_beside(target, unpacked)
    return unpacked


def _cache_folder(given: str | os.PathLike[str] | None) -> str:
    if given is not None:
        return os.path.expanduser(os.fspath(given))
    return os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras")


def _name(fname: str | os.PathLike[str] | None) -> str:
    name = os.fspath(fname) if fname else ""
    if os.sep in name or name in (".", ".."):
        raise SourceError(
            "fname is a name, not a path", found=name, help="use cache_dir and cache_subdir for the folder"
        )
    return name


def _places(folder: str, name: str, origin: str, *, unpacks: bool) -> tuple[str, str]:
    """Return (where the download goes, where it is unpacked to), named as Keras names them."""
    from loadstone.fetch.source import file_name

    if not unpacks:
        return os.path.join(folder, name or file_name(origin)), ""
    if "." in name:
        return os.path.join(folder, name), os.path.join(folder, f"{name.partition('.')[0]}_extracted")
    name = name or file_name(origin)
    return os.path.join(folder, f"{name}_archive"), os.path.join(folder, name)


def _digest(digest: str | None, algorithm: str) -> tuple[str, str] | None:
    if not digest:
        return None
    if algorithm == "auto":
        algorithm = "sha256" if len(digest) == 64 else "md5"
    if algorithm not in ALGORITHMS:
        raise SourceError("unknown hash_algorithm", expected="auto, sha256 or md5", found=repr(algorithm))
    return algorithm, digest.lower()
