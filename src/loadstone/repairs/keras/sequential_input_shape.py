"""The first layer of a Sequential model gets the input shape that its kernel implies.

Only where the kernel leaves no doubt: a dense layer's first side, a convolution's channels where the size of the
pictures decides nothing behind it. The weights stay as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from loadstone.checks.subject import Subject
from loadstone.checks.views.first_shape import implied_shape, states_no_input
from loadstone.checks.views.keras_config import KerasFile, keras_file
from loadstone.dialects.tree import copied
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.keras.keras_layers import child_configs, name_of
from loadstone.repairs.keras._write import put_config, tree_of, write_tree

NAME = "sequential-input-shape"


def plan(subject: Subject) -> Plan | None:
    """Return the added shape; None where the model states one, or its kernel implies none."""
    found = subject.view(keras_file)
    if found is None or found.file is None or not states_no_input(subject):
        return None
    shape = implied_shape(subject)
    if shape is None:
        return None
    layer = name_of(child_configs(found.config)[0])
    # A bare list of layers, as Keras before 2.2.3 wrote it, has no place for a key of the model's own.
    of_model = found.keras.startswith("3") and isinstance(found.config["config"], dict)
    key = "build_input_shape" if of_model else "batch_input_shape"
    edit = Edit(f"model_config: {layer}", None, f"{key}: {shape}".replace("None", "null"), "its kernel implies it")
    return Plan(
        NAME, subject.source, (edit,), "safe", ("h5-sequential-missing-input-shape",), details=(found, key, shape)
    )


def apply(plan: Plan, target: Path) -> None:
    """Write the file with the shape in its configuration to `target`."""
    found: KerasFile
    found, key, shape = plan.details
    config: Any = copied(found.config)
    if key == "build_input_shape":
        config["config"][key] = shape
    else:
        child_configs(config)[0]["config"][key] = shape
    if found.file is not None:
        root = tree_of(found.file)
        put_config(root, config, found.training)
        write_tree(root, target)
