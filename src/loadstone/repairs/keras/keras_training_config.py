"""Take out what a Keras file records of its training, where that is what keeps it from loading.

A loss, metric or optimizer of the author's own is not needed to use the model. The weights stay as they are; to train
on, the model is compiled anew.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_config import KerasFile, in_targets_words, keras_file
from loadstone.dialects import Obstacle
from loadstone.dialects.training3 import custom_in_training
from loadstone.dialects.tree import copied
from loadstone.errors import LoadstoneError
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.keras.keras_layers import is_object
from loadstone.repairs.keras._write import put_config, tree_of, write_archive, write_tree

NAME = "keras-training-config"
_FAULTS = ("custom-compile-object", "optimizer-newer-tf")


def plan(subject: Subject) -> Plan | None:
    """Plan to strip the training configuration; None where it holds nothing that the target lacks."""
    found = subject.view(keras_file)
    if found is None or found.container == "json" or not is_object(found.config):
        return None
    training = found.training if found.container == "hdf5" else found.config.get("compile_config")
    if training is None:
        return None
    custom = list(custom_in_training(training))
    refused = _refused(subject)
    if not custom and not refused:
        return None
    names = ", ".join(f"{name} ({place})" for place, name in custom) or refused[0].where
    place = "training_config" if found.container == "hdf5" else f"{found.place}: compile_config"
    edit = Edit(place, names, None, "it is used for training alone; compile the model anew to train on")
    return Plan(NAME, subject.source, (edit,), faults=_FAULTS[:1] if custom else _FAULTS[1:], details=found)


def _refused(subject: Subject) -> list[Obstacle]:
    try:
        made = subject.view(in_targets_words)
    except LoadstoneError:
        return []
    return [item for item in made.obstacles if item.fault == "optimizer-newer-tf"] if made else []


def apply(plan: Plan, target: Path) -> None:
    """Write the file without it; the optimizer's own weights, which nothing can use any more, go as well."""
    found: KerasFile = plan.details
    if found.file is not None:
        root = tree_of(found.file)
        put_config(root, found.config, None)
        root.members.pop("optimizer_weights", None)
        write_tree(root, target)
    elif found.archive is not None:
        config = copied(found.config)
        config.pop("compile_config", None)
        write_archive(found.archive, target, config)
