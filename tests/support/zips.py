"""Zips built by small functions, healthy and broken."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterable


def zipped(members: Iterable[tuple[str, bytes]], *, deflate: bool = False) -> bytes:
    """Return a zip of the members, in order; names are taken as they are, doubled ones too."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name.replace("\\", "?"))
            info.filename = name
            info.compress_type = archive.compression
            archive.writestr(info, content)
    return out.getvalue()


def with_link(name: str, target: str) -> bytes:
    """Return a zip with one symbolic link."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.create_system = 3
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, target)
    return out.getvalue()


def central_at(data: bytes) -> int:
    """Return where the first entry of the central directory begins."""
    return data.index(b"PK\x01\x02")


def patched(data: bytes, at: int, content: bytes) -> bytes:
    """Return `data` with `content` written over the bytes at `at`."""
    return data[:at] + content + data[at + len(content) :]
