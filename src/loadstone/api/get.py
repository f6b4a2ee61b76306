"""`loadstone.get`: the fetch room's `get`, with a bar where somebody sits at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from loadstone.fetch.download import Progress
    from loadstone.fetch.transport import Transport


def get(
    source: str,
    *,
    sha256: str | None = None,
    offline: bool = False,
    progress: bool | Progress = True,
    transport: Transport | None = None,
) -> Path:
    """Return the path of what was named: a file, or the folder of an unpacked archive; complete and verified.

    `source` is a name of the catalogue (`keras:ResNet50/notop`), an address or a path, as on the command line.
    `progress` draws a bar if standard error is a terminal; False draws nothing; a function gets each `TransferState`.
    Raises a `LoadstoneError` that says in one sentence why not and what to do.
    """
    from loadstone.fetch import get as fetch
    from loadstone.report.transfer import chosen_style, renderer

    if callable(progress):
        return fetch(source, sha256=sha256, offline=offline, progress=progress, transport=transport)
    style = chosen_style(quiet=not progress, as_json=False)
    with renderer(style if style == "bar" else "quiet") as draw:
        return fetch(source, sha256=sha256, offline=offline, progress=draw, transport=transport)
