"""Faults of permissions and locks: the file is good, and the system does not let it be opened or written."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "h5-file-locking": "file",
    "h5-file-open-elsewhere": "file",
    "readonly-masked-as-not-found": "any",
    "cache-not-writable": "",
}
