"""Heads get the size that the configuration's number of classes asks for.

The background and the classes that both have keep their values, in order. A class that is new gets kernels of zeros and
biases of −4.595, so that its score begins at 0.01 (π of RetinaNet's initialisation) under a sigmoid; box values of a
new class begin at 0. State of the optimizer for a changed variable is left out, moving averages change with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.blueprint.weights import KEY_SUFFIX, Misshapen
from loadstone.checks.subject import Subject
from loadstone.checks.views.fit import Fit, fits
from loadstone.checks.views.fit_findings import classes_differ, other_architecture
from loadstone.checks.views.scopes import HEADS, part_of
from loadstone.errors import LoadstoneError
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.checkpoint.bundle_copy import Changes
from loadstone.repairs.checkpoints._copy import AVERAGE, SLOT, checkpoint_of, plan_copy, write

if TYPE_CHECKING:
    import numpy.typing as npt

PRIOR = -4.59512
"""log(π / (1 − π)) for π = 0.01: Lin et al. 2017, Focal Loss for Dense Object Detection, section 4.1."""


def plan(subject: Subject) -> Plan | None:
    """Return the heads that change; None where the numbers of classes agree, or more than heads differs."""
    found = checkpoint_of(subject)
    if found is None:
        return None
    for fit in fits(subject):
        if not classes_differ(fit) or other_architecture(fit) or fit.of_two_generations:
            continue
        try:
            match = fit.match
        except LoadstoneError:
            # Without the network's variables nobody knows the new shapes.
            continue
        wrong = [one for one in match.misshapen if part_of(one.variable.key) in HEADS] if match is not None else []
        groups = {one.variable.key: grouping(fit, one) for one in wrong}
        if wrong and None not in groups.values():
            return _planned(subject, fit, wrong, {key: group for key, group in groups.items() if group})
    return None


Group = tuple[int, int, int, bool]
"""(values for each class, slots now, slots then, whether classes come before the values)."""


def grouping(fit: Fit, one: Misshapen) -> Group | None:
    """Return how a head's last dimension is made of classes; None where no reading fits both sizes."""
    has, wants = fit.shown.num_classes or 0, fit.stated.num_classes or 0
    found, shape = one.found, one.variable.shape
    if not found or found[:-1] != shape[:-1] or not found[-1]:
        return None
    boxes = part_of(one.variable.key) == "box head"
    for background in (0, 1) if boxes or "object_center" in one.variable.key else (1, 0):
        now, then = has + background, wants + background
        values = found[-1] // now
        if values and found[-1] == values * now and shape[-1] == values * then:
            return values, now, then, boxes
    return None


def _planned(subject: Subject, fit: Fit, wrong: list[Misshapen], groups: dict[str, Group]) -> Plan | None:
    replace: dict[str, Any] = {}
    edits = []
    for one in wrong:
        group = groups[one.variable.key]
        for name in _with_averages(fit, one.tensor):
            spec = fit.model.tensors.lazy(name).spec
            replace[name] = _Later(fit, name, group, bias=spec.shape is not None and len(spec.shape) == 1)
            kept = min(group[1], group[2])
            edits.append(Edit(name, str(one.found), str(one.variable.shape), f"{kept} of {group[1]} columns are kept"))
    bases = [name.removesuffix(KEY_SUFFIX) for name in replace]
    state = {
        spec.name
        for spec in fit.model.tensors.specs
        if spec.role == "optimizer" and spec.name not in replace
        if any(spec.name.startswith((f"{base}{SLOT}", f"{base}/")) for base in bases)
    }
    edits += [Edit(name, "state of the optimizer", None, "its variable has another shape") for name in sorted(state)]
    changes = Changes(drop=state, replace=_Arrays(replace))
    return plan_copy("resize-heads", subject, changes, edits, faults=("ckpt-numclasses-mismatch",))


def _with_averages(fit: Fit, name: str) -> Iterator[str]:
    yield name
    if f"{name}{AVERAGE}" in fit.model.tensors:
        yield f"{name}{AVERAGE}"


class _Later:
    """A head's new array, computed when it is written."""

    def __init__(self, fit: Fit, name: str, group: Group, *, bias: bool) -> None:
        self.fit, self.name, self.group, self.bias = fit, name, group, bias

    def array(self) -> npt.NDArray[Any]:
        return resized(self.fit.model.tensors[self.name], self.group, bias=self.bias)


class _Arrays(dict[str, Any]):
    """Names → arrays, each made when asked for."""

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name).array()


def resized(array: npt.NDArray[Any], group: Group, *, bias: bool) -> npt.NDArray[Any]:
    """Return a head's array with other classes: its last dimension is values × slots, or slots × values for boxes."""
    import numpy as np

    values, now, then, boxes = group
    kept = min(now, then)
    lead = array.shape[:-1]
    if boxes:
        new = np.zeros((*lead, then, values), array.dtype)
        new[..., :kept, :] = array.reshape(*lead, now, values)[..., :kept, :]
        return new.reshape(*lead, then * values)
    new = np.full((*lead, values, then), PRIOR if bias else 0.0, array.dtype)
    new[..., :kept] = array.reshape(*lead, values, now)[..., :kept]
    return new.reshape(*lead, values * then)


def apply(plan: Plan, target: Path) -> None:
    """Write the checkpoint with its new heads into the new folder `target`."""
    write(plan, target)
