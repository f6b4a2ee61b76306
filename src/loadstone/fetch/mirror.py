"""Addresses that somebody serves from elsewhere: `LOADSTONE_MIRROR=PREFIX=PREFIX[,PREFIX=PREFIX...]`.

A company that mirrors the zoo sets `https://download.tensorflow.org/=https://mirror.example/tf/`. Names, pins and
hashes stay those of the original, so a mirror can never hand out another file than the one that was pinned.
"""

from __future__ import annotations

import os

from loadstone.errors import SourceError


def mirrored(url: str) -> str:
    """Return the address that a source's bytes come from."""
    for rule in filter(None, os.environ.get("LOADSTONE_MIRROR", "").split(",")):
        original, equals, mirror = rule.strip().partition("=")
        if not equals or "://" not in original or "://" not in mirror:
            raise SourceError(
                "LOADSTONE_MIRROR cannot be read", expected="https://ORIGINAL/=https://MIRROR/", found=repr(rule)
            )
        if url.startswith(original):
            return mirror + url[len(original) :]
    return url
