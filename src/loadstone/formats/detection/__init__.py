"""What a detector is, told from its `pipeline.config`, or from names and shapes alone.

What it is: facts in a `DetectorFacts`; a field that nothing establishes stays None. What it is not: a judgement, or a
description complete enough to rebuild the model (that is the room `blueprint`).
"""

from __future__ import annotations

from loadstone.formats.detection.config import from_pipeline, pipeline_notes
from loadstone.formats.detection.folder import config_beside, from_folder, merged, recognise
from loadstone.formats.detection.names import from_names

__all__ = [
    "config_beside",
    "from_folder",
    "from_names",
    "from_pipeline",
    "merged",
    "pipeline_notes",
    "recognise",
]
