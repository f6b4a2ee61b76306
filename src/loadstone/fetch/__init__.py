"""The fetch room: a name, address or path becomes a complete, verified file or folder on this disk.

What it is not: knowledge of models. `get`, `get_file` and `backbone` are its whole public surface.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from loadstone.fetch.download import Progress
    from loadstone.fetch.keras_backbone import backbone
    from loadstone.fetch.keras_files import get_file
    from loadstone.fetch.transport import Transport

__all__ = ["backbone", "get", "get_file"]

_HOMES = {"backbone": "loadstone.fetch.keras_backbone", "get_file": "loadstone.fetch.keras_files"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'loadstone.fetch' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def get(
    source: str,
    *,
    sha256: str | None = None,
    offline: bool = False,
    progress: Progress | None = None,
    transport: Transport | None = None,
) -> Path:
    """Return the path of what was named: a file, or the folder of an unpacked archive; complete and verified.

    `progress` is called with each `TransferState`; drawing is not this room's (`loadstone.get` draws a bar).
    Raises a `LoadstoneError` that says why not and what to do.
    """
    from pathlib import Path

    from loadstone.fetch.core import Wish, obtain

    return Path(obtain(source, sha256, Wish(offline=offline, progress=progress, transport=transport)).path)
