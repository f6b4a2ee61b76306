"""Repairs of whole files: re-encoded bytes, wrong endings, archives, stand-ins."""

from __future__ import annotations

REPAIRS: tuple[str, ...] = ("undo-reencoding", "fetch-from-lfs-store", "unpack-archive", "right-ending")
