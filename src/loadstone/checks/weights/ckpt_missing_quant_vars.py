"""The checkpoint has no ranges for quantization, and the configuration asks for them.

What is seen

    `Key BoxPredictor_0/BoxEncodingPredictor/act_quant/max not found in checkpoint`.

Why

    `graph_rewriter { quantization { ... } }` adds ranges to the graph, and the checkpoint was saved without:
    trained with no rewriter, by several GPUs at once, or for fewer steps than `delay`.

Remedy

    Take `graph_rewriter` out of the configuration, or train with it for more steps than `delay`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.fit import fits
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "ckpt-missing-quant-vars",
    "error",
    help="take graph_rewriter out of the configuration, or train with it for more steps than its delay",
    repair="without-rewriter",
)

TEXTS = (
    Saying(
        r"(?:Key|Tensor name|NotFoundError:)\W+(?P<name>[\w./-]+/(?:act|weights|\w+)_quant/(?:min|max)"
        r")[\w./]*\W+not found",
        "the graph was rewritten for quantization and asks for {name}, which the checkpoint does not hold",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where a configuration rewrites the graph and its checkpoint has no ranges."""
    for fit in fits(subject):
        if "graph_rewriter" in fit.config and fit.is_checkpoint and not fit.quantized and not fit.fine_tuning:
            fact = f"{fit.config_name} has a graph_rewriter, and {fit.source} holds no ranges (act_quant)"
            shown = Evidence(fit.where("graph_rewriter"), "graph_rewriter", "no graph_rewriter")
            yield FAULT.finding(fact, shown, help=f"{fit.fix_config}   takes graph_rewriter out")
