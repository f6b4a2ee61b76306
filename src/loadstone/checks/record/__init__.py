"""What changed since a model was recorded (`loadstone record`, `loadstone.save`)."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "record-changed": "any",
    "record-environment-differs": "any",
}
