"""What a checkpoint's variable is for, from its name and the object graph: weight, optimizer state, bookkeeping.

What it is: the naming habits of TensorFlow's optimizers and savers. What it is not: proof; a name can mislead,
so a variable counts as state only when the name it would belong to is there too, or the object graph says so.
Sources: tf.compat.v1.train optimizers (slot names), TrackableObjectGraph (slot variables), tf.train.Saver.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from loadstone.facts import Role

_SLOT_WORDS = (
    "AdamAsync|AdamWOptimizer|AdamW|AdamOptimizer|Adam|AdaMax|Nadam|Momentum|RMSProp"
    "|AdagradDA|Adagrad|Adadelta|Ftrl|LAMB|SGD"
)

_SLOT_STARTS = frozenset(word[:3] for word in f"ExponentialMovingAverage|{_SLOT_WORDS}".split("|"))

SLOT_NAME = re.compile(rf"(?P<base>.+)/(?:ExponentialMovingAverage|(?:{_SLOT_WORDS})(?:_\d+)?)", re.DOTALL)
"""A slot of a TF1 optimizer is named for the variable it belongs to: `conv/kernel/Adam_1`."""

_STATE = re.compile(
    # An object-based key below the optimizer, or one of its slots.
    r"(?:^|/)_?optimizer/.*/\.ATTRIBUTES/|/\.OPTIMIZER_SLOT/"
    # A name-based key in the scope that builds the optimizer, and Adam's two scalars.
    rf"|^(?:optimizer|OptimizeLoss|training/(?:{_SLOT_WORDS}))/|(?:^|/)beta[12]_power$",
    re.DOTALL,
)
_BOOKKEEPING = re.compile(
    r"^_CHECKPOINTABLE_OBJECT_GRAPH$|/\.ATTRIBUTES/OBJECT_CONFIG_JSON$"
    r"|(?:^|/)(?:global_step|save_counter|_save_counter|step|_train_counter)(?:/\.ATTRIBUTES/VARIABLE_VALUE)?$"
    r"|(?:^|/)keras_api/metrics/"
)

_KERAS3 = re.compile(
    r"(?P<optimizer>.+)/(?P<part>_trainable_variables/\d+|_variables/\d+|_iterations|_learning_rate)"
    r"/\.ATTRIBUTES/VARIABLE_VALUE",
    re.DOTALL,
)
"""An optimizer of Keras 3, whatever it is called: it is the first on the way to the model's own weights, too."""

_KERAS3_HINTS = ("_variables/", "_iterations/", "_learning_rate/")
_STATE_HINTS = ("optimizer", "OPTIMIZER", "OptimizeLoss", "training", "_power")
_BOOKKEEPING_HINTS = ("step", "counter", "GRAPH", "CONFIG", "metrics")
"""One of these is in whatever the expression finds; looking for them first is ten times quicker."""

AVERAGE = "average"
"""The slot in which TF2's MovingAverage optimizer keeps the averaged copy of a variable."""


@dataclass(frozen=True, slots=True)
class VariableNames:
    """What is known of the names in one checkpoint.

    `all` holds every key; `full_names` maps a key to the variable's name in the graph; `slots` maps the key of a slot
    variable to the slot's name (`m`, `momentum`, `average`), as the object graph states them.
    """

    all: Container[str] = frozenset()
    full_names: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, str] = field(default_factory=dict)


def role_of(key: str, dtype: str, names: VariableNames) -> Role:
    """Return the role of one variable."""
    if dtype == "string" or (_any_in(_BOOKKEEPING_HINTS, key) and _BOOKKEEPING.search(key)):
        return "metadata"
    if _any_in(_KERAS3_HINTS, key) and (role := _keras3_role(key, names)):
        return role
    if key in names.slots or (_any_in(_STATE_HINTS, key) and _STATE.search(key)) or slot_base(key, names):
        return "optimizer"
    return "weight"


def _keras3_role(key: str, names: VariableNames) -> Role | None:
    match = _KERAS3.fullmatch(key)
    if match is None or f"{match['optimizer']}/_iterations/.ATTRIBUTES/VARIABLE_VALUE" not in names.all:
        return None
    return "weight" if match["part"].startswith("_trainable_variables") else "optimizer"


def _any_in(hints: tuple[str, ...], key: str) -> bool:
    for hint in hints:  # noqa: SIM110 - a generator would take twice the time, a hundred thousand times
        if hint in key:
            return True
    return False


def slot_base(key: str, names: VariableNames) -> str:
    """Return the variable that a TF1 slot belongs to, if `key` is named as a slot and that variable is there."""
    if key.rpartition("/")[2][:3] not in _SLOT_STARTS or (match := SLOT_NAME.fullmatch(key)) is None:
        return ""
    base = match["base"]
    # An optimizer that was built inside a scope puts the scope before the variable's own name.
    for _ in range(4):
        if base in names.all:
            return base
        _, _, base = base.partition("/")
    return ""


def is_moving_average(key: str, names: VariableNames) -> bool:
    """Return whether a variable is the averaged copy of another."""
    if key.endswith("/ExponentialMovingAverage"):
        return bool(slot_base(key, names))
    return names.slots.get(key) == AVERAGE
