"""`graph_rewriter` becomes a comment, for a checkpoint that holds no ranges for quantization.

The network then computes with floats, as it was trained. A person decides.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.checks.views.fit import fits
from loadstone.facts.plan import Plan
from loadstone.repairs.text._slips import plan_edits, text_of, write
from loadstone.wire.textedit import message_span
from loadstone.wire.textslip import Slip


def plan(subject: Subject) -> Plan | None:
    """Return the lines that become comments; None where there is no rewriter, or the ranges are there."""
    text = text_of(subject)
    if text is None or "graph_rewriter" not in text.root:
        return None
    for fit in fits(subject):
        if fit.quantized or fit.fine_tuning or not fit.is_checkpoint:
            continue
        start, end = message_span(text.root.message("graph_rewriter"))
        lines = text.read.data[start:end].split(b"\n")
        commented = b"\n".join(b"# " + line for line in lines)
        edit = Slip("wrong-value", start, end, "graph_rewriter becomes a comment", commented)
        return plan_edits("without-rewriter", text, [edit], ("ckpt-missing-quant-vars",), "ask")
    return None


def apply(plan: Plan, target: Path) -> None:
    """Write the configuration to `target`."""
    write(plan, target)
