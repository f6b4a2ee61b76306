"""The checkpoint has no moving averages, and the program asks for them.

What is seen

    `Key BoxPredictor_0/BoxEncodingPredictor/biases/ExponentialMovingAverage not found in checkpoint`.

Why

    `use_moving_averages: true` in `eval_config` (or `use_moving_average` in the optimizer) reads the averaged copies of
    the variables. The checkpoint was trained without them.

Remedy

    Set `use_moving_averages: false` in `eval_config`, and `use_moving_average: false` in the optimizer.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.fit import fits
from loadstone.errors import FormatError
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "ckpt-missing-ema",
    "error",
    help="write use_moving_averages: false in eval_config",
    repair="without-averages",
)

TEXTS = (
    Saying(
        r"(?:Key|Tensor name|NotFoundError:)\W+(?P<name>[\w./-]+)/ExponentialMovingAverage\W+not found in checkpoint",
        "the program asks for the moving average of {name}, and the checkpoint has none",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where eval_config asks for averages and a name-based checkpoint has none."""
    for fit in fits(subject):
        try:
            wanted = fit.config.message("eval_config").flag("use_moving_averages")
        except FormatError:
            continue
        if wanted and fit.is_checkpoint and not fit.averages:
            where = fit.where("eval_config")
            fact = f"{fit.config_name} asks for moving averages, and {fit.source} holds none"
            shown = Evidence(where, "use_moving_averages: true", "use_moving_averages: false")
            yield FAULT.finding(fact, shown, help=f"{fit.fix_config}   writes use_moving_averages: false")
