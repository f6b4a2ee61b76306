"""`loadstone detect` on a terminal: one line a picture, and the record as one line of JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from loadstone.report.plain import plain

if TYPE_CHECKING:
    from loadstone.facts.detections import Classification, Detections

MOST_NAMES = 6
"""Names on one line; with scores they fill a terminal of ordinary width."""


def detections_line(found: Detections | Classification) -> str:
    """Return a picture's name, its size, and what was found, best first."""
    from loadstone.facts.detections import Detections

    if isinstance(found, Detections):
        names = [f"{name} {score:.2f}" for name, score in zip(found.names, found.scores.tolist(), strict=True)]
        more = f", … {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        said = f"{len(found)}: {', '.join(names[:MOST_NAMES])}{more}" if names else "nothing found"
    else:
        said = found.summary()
    return plain(f"{found.image}  {found.width}×{found.height}  {said}")


def detections_record(found: Detections | Classification) -> str:
    """Return the record of one picture as one line of JSON (JSON Lines).

    In ASCII, so that a file name that is no text, or a pipe that is not UTF-8, cannot break the stream.
    """
    return json.dumps(found.as_json())
