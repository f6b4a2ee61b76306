"""Archives that somebody might wish us ill with, built by small functions."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile


def tar(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    """Return a tar with these members, all of one kind."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            info.size = len(content) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(content))
    return raw.getvalue()


def zipped(*members: tuple[str, bytes], mode: int = 0o100644) -> bytes:
    """Return a zip with these members."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return raw.getvalue()


def packed(data: bytes) -> bytes:
    """Return the data gzipped."""
    return gzip.compress(data, 1, mtime=0)


FILE = ("m/a.bin", b"a" * 1000)

REFUSED: dict[str, bytes] = {
    "tar-leaves": tar(("m/../../evil", b"x")),
    "tar-absolute": tar(("/etc/evil", b"x")),
    "tar-backslash": tar(("m\\..\\evil", b"x")),
    "tar-drive": tar(("C:evil", b"x")),
    "tar-symlink": tar(("m/link", b""), kind=tarfile.SYMTYPE, link="/etc/passwd"),
    "tar-hardlink": tar(("m/link", b""), kind=tarfile.LNKTYPE, link="/etc/passwd"),
    "tar-device": tar(("m/dev", b""), kind=tarfile.CHRTYPE),
    "tar-fifo": tar(("m/fifo", b""), kind=tarfile.FIFOTYPE),
    "tar-twice": tar(FILE, ("m/./a.bin", b"other")),
    "tar-case": tar(FILE, ("M/A.BIN", b"other")),
    "tar-windows-device": tar(("m/aux.txt", b"x")),
    "tar-stream": tar(("m/a.txt:hidden", b"x")),
    "tar-file-as-folder": tar(("m/a", b"x"), ("m/a/b", b"x")),
    "tar-deep": tar(("/".join("abcdefghijklmnop"), b"x")),
    "zip-leaves": zipped(("m/../../evil", b"x")),
    "zip-symlink": zipped(("m/link", b"/etc/passwd"), mode=0o120777),
    "zip-case": zipped(FILE, ("M/A.BIN", b"other")),
    "zip-trailing": zipped(FILE) + b"something after",
}
"""Archives that are refused, each for one reason."""

BOMBS: dict[str, bytes] = {
    "tar.gz": gzip.compress(gzip.compress(bytes(30_000_000), 9), 9),
    "zip": zipped(("m/zeros", bytes(200_000))),
}
