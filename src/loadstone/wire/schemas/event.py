"""The messages of TensorBoard's event files, as far as scalars need them.

What it is: field tables. Specification: tensorflow/core/util/event.proto and framework/summary.proto.
"""

from __future__ import annotations

from loadstone.wire.protobuf import MessageType

EVENTS: dict[str, MessageType] = {}

VALUE = MessageType("Summary.Value", {"tag": (1, "string"), "simple_value": (2, "float")}, EVENTS)

SUMMARY = MessageType("Summary", {"value": (1, "*Summary.Value")}, EVENTS)

SESSION_LOG = MessageType("SessionLog", {"status": (1, "enum")}, EVENTS)

EVENT = MessageType(
    "Event",
    {
        "wall_time": (1, "double"),
        "step": (2, "int64"),
        "file_version": (3, "string"),
        "summary": (5, "Summary"),
        "session_log": (7, "SessionLog"),
    },
    EVENTS,
)

START = 1
"""`SessionLog.START`: what was logged for this step and later ones, in older files, does not hold any more."""
