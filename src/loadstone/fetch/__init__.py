"""The fetch room: a name, address or path becomes a complete, verified file or folder on this disk.

What it is not: knowledge of models. `get` and `get_file` are its whole public surface.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from loadstone.fetch.download import Progress
    from loadstone.fetch.transport import Transport

__all__ = ["get"]


def get(
    source: str,
    *,
    sha256: str | None = None,
    offline: bool = False,
    progress: bool | Progress = True,
    transport: Transport | None = None,
) -> Path:
    """Return the path of what was named: a file, or the folder of an unpacked archive; complete and verified.

    `progress` draws a bar on a terminal, is silent, or is called with each `TransferState`.
    Raises a `LoadstoneError` that says why not and what to do.
    """
    from pathlib import Path

    from loadstone.fetch.core import Wish, obtain

    shown = progress if callable(progress) else None
    return Path(obtain(source, sha256, Wish(offline=offline, progress=shown, transport=transport)).path)
