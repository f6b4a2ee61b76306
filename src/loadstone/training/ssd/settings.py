"""`model { ssd { … } }` of a `pipeline.config` → what training takes of it: matching, loss, sampling (ssd.proto).

Defaults are the proto's where the message is there, and the zoo's where a configuration says nothing of training at
all, as that of a detector recovered from its weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, get_args

from loadstone.blueprint.fields import Fields
from loadstone.errors import UnsupportedModelError
from loadstone.training.ssd.loss import SsdLoss
from loadstone.training.ssd.mining import HardExamples, Measure
from loadstone.training.ssd.rows import (
    BoxRows,
    ClassRows,
    bootstrapped_rows,
    focal_rows,
    huber_rows,
    sigmoid_rows,
    softmax_rows,
    square_rows,
)
from loadstone.wire.textmessage import TextMessage


@dataclass(frozen=True, slots=True)
class SsdSettings:
    """How an SSD trains. `matched`, `unmatched`, `force`, `negatives_lower`: see `matching.match`.

    `positive_share`: of the anchors that count, drawn at random (`random_example_sampler`); None where all do.
    `freeze_norms`: batch norms use their moving statistics, and leave them.
    """

    loss: SsdLoss = field(default_factory=SsdLoss)
    matched: float = 0.5
    unmatched: float = 0.5
    force: bool = True
    negatives_lower: bool = True
    negative_class_weight: float = 1.0
    background_as_zeros: bool = True
    positive_share: float | None = None
    freeze_norms: bool = False


def read_settings(ssd: TextMessage, *, softmax: bool = False) -> SsdSettings:
    """Return the training settings of an `ssd { … }` message.

    `softmax`: scores are a softmax's, so that without any `loss` message the loss is one too. Raises
    `UnsupportedModelError`, with its place, for a field that asks for something not trained here, and `FormatError`
    for one of the wrong kind.
    """
    fields = Fields(ssd, "model.ssd.")
    if "loss" not in fields:
        return _usual(softmax)
    loss = fields.message("loss")
    matcher = _matcher(fields)
    found = SsdSettings(
        loss=SsdLoss(
            classification=_classification(loss.message("classification_loss")),
            localization=_localization(loss.message("localization_loss")),
            classification_weight=loss.number("classification_weight", 1.0),
            localization_weight=loss.number("localization_weight", 1.0),
            by_matches=fields.flag("normalize_loss_by_num_matches", True),
            by_code_size=fields.flag("normalize_loc_loss_by_codesize"),
            miner=read_miner(loss.message("hard_example_miner")) if "hard_example_miner" in loss else None,
        ),
        negative_class_weight=fields.number("negative_class_weight", 1.0),
        background_as_zeros=fields.flag("encode_background_as_zeros"),
        positive_share=_sampler(loss),
        freeze_norms=fields.flag("freeze_batchnorm"),
        **matcher,
    )
    _refuse(fields, loss)
    return found


def _usual(softmax: bool) -> SsdSettings:
    """Return the zoo's settings; those of the SSD paper where the scores are a softmax's."""
    if not softmax:
        return SsdSettings()
    miner = HardExamples(most=0, iou_threshold=0.99, measure="CLASSIFICATION", negatives_per_positive=3)
    loss = SsdLoss(classification=softmax_rows, by_code_size=False, miner=miner)
    return SsdSettings(loss=loss, background_as_zeros=False)


def _matcher(fields: Fields) -> dict[str, Any]:
    matcher = fields.message("matcher")
    kind = matcher.only()
    if kind not in ("argmax_matcher", ""):
        raise UnsupportedModelError(f"the matcher {kind} is not trained here", where=matcher.place(kind))
    inner = matcher.message("argmax_matcher")
    inner.training("use_matmul_gather")
    found: dict[str, Any] = {
        "matched": inner.number("matched_threshold", 0.5),
        "unmatched": inner.number("unmatched_threshold", 0.5),
        "force": inner.flag("force_match_for_each_row"),
        "negatives_lower": inner.flag("negatives_lower_than_unmatched", True),
    }
    if inner.flag("ignore_thresholds"):
        # Without thresholds every anchor answers for the ground truth that it overlaps most, however little.
        found |= {"matched": 0.0, "unmatched": 0.0}
    similarity = fields.message("similarity_calculator")
    kind = similarity.only()
    if kind not in ("iou_similarity", ""):
        raise UnsupportedModelError(f"the similarity {kind} is not trained here", where=similarity.place(kind))
    return found


def _classification(fields: Fields) -> ClassRows:
    kind = fields.only()
    if kind not in CLASSIFICATION:
        fact = f"the classification loss {kind or 'unset'} is not trained here"
        raise UnsupportedModelError(fact, where=fields.place(kind), expected=" or ".join(CLASSIFICATION))
    inner = fields.message(kind)
    inner.training("anchorwise_output")
    return CLASSIFICATION[kind](inner)


def _focal(fields: Fields) -> ClassRows:
    alpha = fields.number("alpha") if "alpha" in fields else None
    return partial(focal_rows, alpha=alpha, gamma=fields.number("gamma", 2.0))


def _bootstrapped(fields: Fields) -> ClassRows:
    return partial(bootstrapped_rows, alpha=fields.number("alpha"), hard=fields.flag("hard_bootstrap"))


CLASSIFICATION: dict[str, Callable[[Fields], ClassRows]] = {
    "weighted_sigmoid_focal": _focal,
    "weighted_sigmoid": lambda fields: sigmoid_rows,
    "weighted_softmax": lambda fields: partial(softmax_rows, scale=fields.number("logit_scale", 1.0)),
    "bootstrapped_sigmoid": _bootstrapped,
}
"""Field of `ClassificationLoss` → its reader."""


def _localization(fields: Fields) -> BoxRows:
    kind = fields.only()
    if kind not in LOCALIZATION:
        fact = f"the localization loss {kind or 'unset'} is not trained here"
        raise UnsupportedModelError(fact, where=fields.place(kind), expected=" or ".join(LOCALIZATION))
    inner = fields.message(kind)
    inner.training("anchorwise_output")
    return LOCALIZATION[kind](inner)


LOCALIZATION: dict[str, Callable[[Fields], BoxRows]] = {
    "weighted_smooth_l1": lambda fields: partial(huber_rows, delta=fields.number("delta", 1.0)),
    "weighted_l2": lambda fields: square_rows,
}
"""Field of `LocalizationLoss` → its reader. `weighted_iou` would compare codes as if they were boxes."""


def read_miner(fields: Fields) -> HardExamples:
    """Read `hard_example_miner`; raises `UnsupportedModelError`, with its place, for a `loss_type` that is none."""
    measure = fields.word("loss_type", "BOTH")
    known = {name: name for name in get_args(Measure)}
    if measure not in known:
        expected = " or ".join(known)
        raise UnsupportedModelError("loss_type is none", where=fields.place("loss_type"), expected=expected)
    return HardExamples(
        most=fields.integer("num_hard_examples", 64),
        iou_threshold=fields.number("iou_threshold", 0.7),
        measure=known[measure],
        negatives_per_positive=fields.integer("max_negatives_per_positive", 0),
        least_negatives=fields.integer("min_negatives_per_image", 0),
    )


def _sampler(loss: Fields) -> float | None:
    if "random_example_sampler" not in loss:
        return None
    return loss.message("random_example_sampler").number("positive_sample_fraction", 0.01)


def _refuse(fields: Fields, loss: Fields) -> None:
    """Raise `UnsupportedModelError` for what changes the loss and is not trained here."""
    left = [*loss.leftover(), *fields.message("matcher").leftover()]
    plain = {"weight_regression_loss_by_score": False, "explicit_background_class": False}
    left += [f"model.ssd.{name}" for name, value in plain.items() if fields.flag(name) != value]
    if fields.number("implicit_example_weight", 1.0) != 1.0:
        left.append("model.ssd.implicit_example_weight")
    if left:
        name = left[0].rpartition(".")[2]
        place = loss.place(name) if name in loss else fields.place(name)
        raise UnsupportedModelError(f"{left[0]} is not trained here", where=place, found=", ".join(left))
    mined = loss.message("classification_loss").only() == "weighted_sigmoid_focal" and "hard_example_miner" in loss
    if mined:
        fact = "a focal loss takes no hard example miner, in the original either"
        raise UnsupportedModelError(fact, where=loss.place("hard_example_miner"), help="remove one of the two")
