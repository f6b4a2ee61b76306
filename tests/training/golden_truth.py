"""The training goldens of the shared folder, and the models that they were computed with."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.reader import read_any, read_blueprint
from loadstone.training.matching import Targets, assign
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textproto import parse


@cache
def facts(shared: Path, name: str) -> dict[str, Any]:
    """Return the JSON half of a golden."""
    found: dict[str, Any] = json.loads((shared / "goldens_train" / f"{name}.json").read_text(encoding="utf-8"))
    return found


@cache
def arrays(shared: Path, name: str) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of a golden by their names, with `/`."""
    with np.load(shared / "goldens_train" / f"{name}.npz") as stored:
        return {key.replace("|", "/"): stored[key] for key in stored}


@cache
def config(shared: Path, name: str) -> TextMessage:
    """Return a golden's configuration."""
    return parse((shared / "goldens" / facts(shared, name)["config"]).read_bytes())


@cache
def blueprint(shared: Path, name: str) -> Blueprint:
    """Return the blueprint of a golden's configuration."""
    return read_blueprint(config(shared, name))


def targets(shared: Path, name: str, variant: str, *, flip: bool = False) -> Targets:
    """Return what our assigner gives for a variant's ground truth, or its mirror image."""
    from loadstone.runtime.conversions.convert_rebuilt import anchors_of

    plan = blueprint(shared, name)
    truth = facts(shared, name)["groundtruth"][facts(shared, name)["variants"][variant]["groundtruth"]]
    boxes = np.asarray(truth["boxes"], np.float64).reshape(-1, 4)
    if flip:
        boxes = np.stack([boxes[:, 0], 1 - boxes[:, 3], boxes[:, 2], 1 - boxes[:, 1]], axis=1)
    # Boxes are fractions of the padded picture: the recipe multiplies in float64, as the input pipeline does.
    true, padded = facts(shared, name)["true_shape"], facts(shared, name)["preprocessed_shape"]
    boxes *= np.asarray([true[0] / padded[0], true[1] / padded[1]] * 2)
    return assign(
        boxes.astype(np.float32),
        np.asarray(truth["classes"], np.int64),
        np.asarray(truth["weights"], np.float32),
        anchors_of(plan),
        num_classes=plan.num_classes,
        background=plan.background,
        scales=plan.box_coder.scales,
    )


@cache
def center_net(shared: Path, name: str) -> CenterNetBlueprint:
    """Return the blueprint of a golden's configuration of a CenterNet."""
    found = read_any(config(shared, name))
    assert isinstance(found, CenterNetBlueprint)
    return found
