"""Content that a server encoded although it was asked not to, or labelled as encoded although it is not.

Both happen: a `.tar.gz` sent with `Content-Encoding: gzip` is nearly always the file itself, labelled by a server that
looked at its name; anything else with that label is usually packed for the way. Where a hash is known it decides,
before unpacking and after. Where none is, the kind that the name promises decides.
"""

from __future__ import annotations

import gzip
import os
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from loadstone.fetch.hashing import new_digest
from loadstone.fetch.trouble import WrongContentError

if TYPE_CHECKING:
    from loadstone.fetch.download import Arrived

GZIP = b"\x1f\x8b"
STEP = 1 << 20
MOST_BYTES = 64 << 30
"""What one packed answer may unpack to; the disk is usually smaller."""


def undone(arrived: Arrived, name: str, digest: tuple[str, str] | None) -> Arrived:
    """Return the file as it was meant: as it came, or with the encoding taken off (in a file beside it)."""
    encoding = arrived.remote.encoding
    if not encoding or (digest and arrived.digests.get(digest[0]) == digest[1]):
        return arrived
    packed = _head(arrived.path).startswith(GZIP)
    if encoding not in ("gzip", "x-gzip"):
        raise WrongContentError(
            f"the server sent the file encoded as {encoding[:40]}, although it was asked for it as it is",
            where=arrived.remote.url,
            help="use another address for the file",
        )
    if not packed:
        return arrived
    if digest:
        unpacked = _unpacked(arrived, digest[0])
        return unpacked if unpacked.digests[digest[0]] == digest[1] else arrived
    return _unpacked(arrived, "sha256") if _is_packed_twice(arrived.path, name) else arrived


def _is_packed_twice(path: str, name: str) -> bool:
    """Whether a name promises gzip inside the encoding, or does not promise gzip at all."""
    if not name.lower().endswith((".gz", ".tgz")):
        return True
    try:
        with gzip.open(path, "rb") as stream:
            return stream.read(2) == GZIP
    except (OSError, EOFError, zlib.error):
        return False


def _unpacked(arrived: Arrived, algorithm: str) -> Arrived:
    target = f"{arrived.path}.decoded"
    digests = {name: new_digest(name) for name in {"sha256", algorithm}}
    size = 0
    try:
        with gzip.open(arrived.path, "rb") as source, open(target, "wb") as sink:
            while chunk := source.read(STEP):
                size += len(chunk)
                if size > MOST_BYTES:
                    raise WrongContentError(
                        "what arrived unpacks without an end", expected=f"at most {MOST_BYTES:,} bytes"
                    )
                for digest in digests.values():
                    digest.update(chunk)
                sink.write(chunk)
            sink.flush()
            os.fsync(sink.fileno())
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise WrongContentError(
            "the packed content that arrived is cut short or damaged", where=arrived.remote.url, found=str(error)
        ) from error
    # The server's digests are about the encoded bytes; they held or failed before this.
    hexadecimal = {name: digest.hexdigest() for name, digest in digests.items()}
    return replace(arrived, path=target, size=size, digests=hexadecimal, claimed={})


def _head(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read(2)
