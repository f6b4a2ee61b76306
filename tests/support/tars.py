"""Tars built by small functions, healthy and hostile."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping

MODES = {"": "w", "gzip": "w:gz", "bzip2": "w:bz2", "xz": "w:xz"}


def tarred(members: Iterable[tuple[str, bytes]], packed: str = "") -> bytes:
    """Return a tar of regular files; names are taken as they are."""
    return _written(((tarfile.TarInfo(name), content) for name, content in members), packed)


def hostile(packed: str = "") -> bytes:
    """Return a tar with a link, a hard link, a device and names that leave the folder, around one healthy file."""
    return _written(((_special(name, kind, target), b"") for name, (kind, target) in _SPECIAL.items()), packed)


_SPECIAL: Mapping[str, tuple[bytes, str]] = {
    "link": (tarfile.SYMTYPE, "/etc/passwd"),
    "hard": (tarfile.LNKTYPE, "../../etc/passwd"),
    "device": (tarfile.CHRTYPE, ""),
    "pipe": (tarfile.FIFOTYPE, ""),
    "../outside": (tarfile.REGTYPE, ""),
    "/absolute": (tarfile.REGTYPE, ""),
    "fine.txt": (tarfile.REGTYPE, ""),
}


def _special(name: str, kind: bytes, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def _written(members: Iterable[tuple[tarfile.TarInfo, bytes]], packed: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=MODES[packed], format=tarfile.GNU_FORMAT) as archive:  # type: ignore[call-overload]
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()
