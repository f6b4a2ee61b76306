"""An SSD's class head with a background column against one without: `add_background_class`, true where not written.

EfficientDets are trained without it. The column is no class, so that two heads of one width can mean n + 1 classes, or
n and the background: names and shapes do not tell which.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.views.fit import Fit
from loadstone.checks.views.scopes import part_of
from loadstone.errors import FormatError, LoadstoneError
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.detection.config import architecture

FIELD = "add_background_class"
HEAD = "class head"


def fits_as_it_is(fit: Fit) -> bool:
    """Whether every variable that the configuration implies is there in its shape, whatever the classes are called."""
    try:
        return fit.match is not None and fit.match.complete
    except LoadstoneError:
        return False


def background_differs(fit: Fit) -> bool:
    """Whether class heads differ from the configuration's by the background column, and everything else fits."""
    count, stated = fit.stated.num_classes, asks_for_background(fit)
    if stated is None or not count or fit.shown.num_classes not in (count, None):
        return False
    try:
        found = fit.match
    except LoadstoneError:
        return False
    if found is None or not found.misshapen or found.unmatched or found.ambiguous:
        return False
    ours, theirs = (count, count + 1) if stated else (count + 1, count)
    return all(
        part_of(one.variable.key) == HEAD
        and one.found
        and (one.found[-1] or 0) * theirs == one.variable.shape[-1] * ours
        for one in found.misshapen
    )


def background_findings(fault: Fault, fit: Fit) -> Iterator[Finding]:
    """Yield a finding where the background column is the whole difference."""
    if (fit.fine_tuning and fit.kind_of_start != "full") or not background_differs(fit):
        return
    found, stated, inner = fit.match, asks_for_background(fit), architecture(fit.config)
    if found is None or inner is None:
        return
    has, says = ("no", "one") if stated else ("a", "none")
    fact = (
        f"the class heads of {fit.source} have {has} column for the background, and {fit.config_name} asks for {says}"
    )
    written = f"{FIELD}: {str(stated).lower()}"
    shown = written if FIELD in inner else f"{written} (nothing is written)"
    one = found.misshapen[0]
    wanted = f"{FIELD}: {str(not stated).lower()}"
    yield fault.finding(
        fact,
        Evidence(fit.where(FIELD, inner), shown, wanted),
        Evidence(one.tensor, str(one.found), str(one.variable.shape)),
        help=f"write {wanted} in model.{inner.name}: {fit.fix_config}",
    )


def asks_for_background(fit: Fit) -> bool | None:
    """Return whether an SSD's configuration asks for a background column; None for what is no SSD."""
    inner = architecture(fit.config)
    if inner is None or inner.name != "ssd":
        return None
    try:
        return inner.flag(FIELD, True)
    except FormatError:
        return None
