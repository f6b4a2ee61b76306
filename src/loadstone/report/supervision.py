"""Detections as the `supervision` package holds them, for its annotators, trackers and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loadstone.errors import EnvironmentLacksError

if TYPE_CHECKING:
    from loadstone.facts.detections import Detections


def as_supervision(found: Detections) -> Any:
    """Return a `supervision.Detections`: xyxy pixels, confidence, class id, and the names as `class_name`."""
    try:
        import supervision
    except ImportError as error:
        raise EnvironmentLacksError("supervision is not installed", help="pip install supervision") from error
    import numpy as np

    return supervision.Detections(
        xyxy=found.boxes,
        confidence=found.scores,
        class_id=found.class_ids,
        data={"class_name": np.array(found.names, dtype=str)},
    )
