"""Whether what arrived is what was asked for, and on whose word.

In this order: the hash that the user, the catalogue or an earlier download names; what stands in the place of a model;
the server's own hashes; the container's own end; and at least a length. The answer says which of them held.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from loadstone.fetch.pages import HEAD_BYTES, in_place_of
from loadstone.fetch.trouble import WrongContentError

if TYPE_CHECKING:
    from loadstone.fetch.download import Arrived

_FIELD_NAMES = {"sha-256": "sha256", "sha-512": "sha512", "md5": "md5", "sha": "sha1"}
_LENGTHS = {"sha256": 64, "sha512": 128, "md5": 32, "sha1": 40, "crc32c": 8}


def server_digests(headers: Mapping[str, str], *, partial: bool = False) -> dict[str, str]:
    """Return the digests of the whole file that a server states, by algorithm, in hexadecimal.

    Read are `x-goog-hash`, `Digest` (RFC 3230), `Content-Digest` and `Repr-Digest` (RFC 9530) and `Content-MD5`.
    On a partial answer only those count that are about the whole file.
    """
    found: dict[str, str] = {}
    names = ("x-goog-hash", "repr-digest", *(() if partial else ("digest", "content-digest")))
    for name in names:
        for part in headers.get(name, "").split(","):
            algorithm, equals, value = part.strip().partition("=")
            if equals:
                _note(found, _FIELD_NAMES.get(algorithm.lower(), algorithm.lower()), value.strip(": "))
    if not partial and headers.get("content-md5"):
        _note(found, "md5", headers["content-md5"].strip())
    return found


def _note(found: dict[str, str], algorithm: str, encoded: str) -> None:
    try:
        digest = base64.b64decode(encoded, validate=True).hex()
    except (binascii.Error, ValueError):
        return
    if len(digest) == _LENGTHS.get(algorithm):
        found[algorithm] = digest


def etag_digest(etag: str) -> tuple[str, str] | None:
    """Return (algorithm, digest) that an ETag looks like. Many servers use the MD5 there; no standard says so."""
    bare = etag.strip('"').lower()
    for algorithm in ("md5", "sha256"):
        if re.fullmatch(rf"[0-9a-f]{{{_LENGTHS[algorithm]}}}", bare):
            return algorithm, bare
    return None


def judge(arrived: Arrived, name: str, digest: tuple[str, str] | None, whose: str) -> str:
    """Return what vouches for the file, in words; raise `WrongContentError` if something speaks against it.

    `digest` is (algorithm, hexadecimal) and `whose` says who named it: "you", "the catalogue", "the first download".
    """
    where = arrived.remote.url
    if digest and arrived.digests.get(digest[0]) == digest[1]:
        return f"{digest[0]} named by {whose}"
    if instead := in_place_of(_head(arrived.path), name, where, arrived.size):
        raise instead
    if not arrived.confirmed:
        _refuse_cut(arrived, where)
    if digest:
        _compare(digest, arrived.digests.get(digest[0], ""), where, whose)
    held = [_claim(algorithm, value, arrived, where) for algorithm, value in arrived.claimed.items()]
    if held:
        return f"{' and '.join(sorted(held))} stated by the server"
    return _by_container(arrived, where)


def _claim(algorithm: str, value: str, arrived: Arrived, where: str) -> str:
    _compare((algorithm, value), arrived.digests[algorithm], where, "the server")
    return algorithm


def _compare(wanted: tuple[str, str], found: str, where: str, whose: str) -> None:
    algorithm, value = wanted
    if found == value:
        return
    raise WrongContentError(
        f"the file that arrived is not the one whose {algorithm} {whose} named",
        where=where,
        expected=value,
        found=found,
        help="the file on the server has changed, or somebody on the way altered it: ask its publisher for the hash",
    )


def _head(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read(HEAD_BYTES)


def _refuse_cut(arrived: Arrived, where: str) -> None:
    """Where nothing said how long the file is, its own end decides whether this is only its beginning."""
    from loadstone.fetch.containers import ending

    end = ending(arrived.path)
    if end.whole is False:
        error = _damaged(arrived, where, end.reason)
        error.cut = True
        raise error


def _damaged(arrived: Arrived, where: str, reason: str) -> WrongContentError:
    return WrongContentError(
        "the file that arrived is cut short or damaged",
        where=where,
        found=f"{arrived.size:,} bytes; {reason}",
        help="try again; if it stays, the file on the server itself is broken",
    )


def _by_container(arrived: Arrived, where: str) -> str:
    from loadstone.fetch.containers import ending

    end = ending(arrived.path)
    if end.whole is False:
        raise _damaged(arrived, where, end.reason)
    if not arrived.confirmed and not end.whole:
        raise WrongContentError(
            "nothing says whether this is the whole file: the server states no length and the file no end",
            where=where,
            found=f"{arrived.size:,} bytes",
            help="give the file's hash: ADDRESS@sha256:HEX",
        )
    words = [f"{arrived.size:,} bytes as announced"] if arrived.confirmed else []
    if end.whole:
        words.append(end.checked)
    found = etag_digest(arrived.remote.etag)
    if found and arrived.digests.get(found[0]) == found[1]:
        words.append(f"the {found[0]} in the ETag")
    return ", ".join(words)
