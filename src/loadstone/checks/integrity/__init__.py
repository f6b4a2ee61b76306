"""Faults of the bytes: cut short, changed, or another thing altogether."""

from __future__ import annotations

_BUNDLES = "checkpoint savedmodel tfhub-v1"

FAULTS: dict[str, str] = {
    "lfs-pointer": "any",
    "html-instead-of-file": "html xml",
    "git-symlink-as-file": "symlink-text",
    "file-empty": "empty unknown broken",
    "binary-reencoded-as-text": "reencoded-binary",
    "h5-truncated": "keras-h5 keras-h5-weights hdf5 broken",
    "h5-corrupt-content": "keras-h5 keras-h5-weights hdf5 broken",
    "archive-truncated": "archive broken keras-zip",
    "zip-corrupt-or-html": "file",
    "ckpt-data-zero-filled": _BUNDLES,
    "ckpt-data-truncated": _BUNDLES,
    "ckpt-index-data-mismatch": _BUNDLES,
    "ckpt-data-corrupt": _BUNDLES,
    "ckpt-index-corrupt": "unknown text json html empty broken",
    "ckpt-shard-renamed-or-missing": _BUNDLES,
    "ckpt-snappy": "",
    "savedmodel-incomplete": "savedmodel tfhub-v1",
    "frozen-graph-corrupt": "broken",
    "tflite-corrupt": "broken",
    "h5-signature-not-found": "file",
    "tfhub-cache-incomplete": "folder",
    "cache-hash-mismatch": "",
    "get-file-no-postcheck": "",
    "zoo-bad-release": "graph checkpoint archive",
}
