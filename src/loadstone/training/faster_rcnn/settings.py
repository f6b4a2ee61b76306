"""`model { faster_rcnn { … } }` of a `pipeline.config` → what training takes of it (faster_rcnn.proto, losses.proto).

Defaults are the proto's where there is such a message; where there is none, as for a detector that was built here, the
zoo's: both boxes' losses count twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from loadstone.blueprint.fields import Fields
from loadstone.blueprint.network import Variable
from loadstone.errors import UnsupportedModelError
from loadstone.training.norms import NormRule
from loadstone.training.ssd.mining import HardExamples
from loadstone.training.ssd.rows import ClassRows, focal_rows, sigmoid_rows, softmax_rows
from loadstone.training.ssd.settings import read_miner
from loadstone.wire.textmessage import TextMessage

RPN, SECOND = "model/_first_stage_box_predictor", "model/_mask_rcnn_box_predictor"
"""Where an object graph has the heads of the two stages; their extractors have no L2 term in TF2."""

ZOO = "faster_rcnn_"
"""How the extractors of the Object Detection API are called; what was built here has its backbone's name."""

SLIM_RPN = ("Conv/", "FirstStageBoxPredictor/")
SLIM_SECOND = "SecondStageBoxPredictor/"
KERNELS = ("kernel", "weights")


@dataclass(frozen=True, slots=True)
class StageSettings:
    """What one stage draws of a picture, and what its losses are multiplied by.

    `size` examples are drawn, at most `positive_share` of them positives. `class_weight` is the objectness' weight in
    the first stage.
    """

    size: int
    positive_share: float
    box_weight: float = 1.0
    class_weight: float = 1.0


@dataclass(frozen=True, slots=True)
class FasterRcnnSettings:
    """How a Faster R-CNN trains.

    `static`: `use_static_shapes`, which fills a picture's missing proposals with its first one, and counts them;
    `static_sampler`: see `sampling.static_balanced`. `norms_train`: batch norms use the batch's statistics and move
    theirs. `classification`: the second stage's, on logits with background. `dropout`: the share of the features that
    is dropped before each of the second stage's heads for boxes and classes. `mask_weight`: the masks' loss counts so
    many times. `miner`: what chooses among all proposals by their losses, in the place of the second stage's sampler.
    """

    first: StageSettings = StageSettings(256, 0.5, 2.0, 1.0)
    second: StageSettings = StageSettings(64, 0.25, 2.0, 1.0)
    classification: ClassRows = softmax_rows
    static: bool = False
    static_sampler: bool = False
    norms_train: bool = False
    dropout: float = 0.0
    mask_weight: float = 4.0
    miner: HardExamples | None = None


def read_settings(model: TextMessage | None) -> FasterRcnnSettings:
    """Return the settings of a `faster_rcnn { … }` message, the zoo's where it is None.

    Raises `UnsupportedModelError`, with its place, for a field that asks for something not trained here, and
    `FormatError` for one of the wrong kind.
    """
    if model is None:
        return FasterRcnnSettings()
    fields = Fields(model, "model.faster_rcnn.")
    static = fields.flag("use_static_shapes")
    return FasterRcnnSettings(
        first=StageSettings(
            fields.integer("first_stage_minibatch_size", 256),
            _share(fields, "first_stage_positive_balance_fraction", 0.5),
            fields.number("first_stage_localization_loss_weight", 1.0),
            fields.number("first_stage_objectness_loss_weight", 1.0),
        ),
        second=StageSettings(
            fields.integer("second_stage_batch_size", 64),
            _share(fields, "second_stage_balance_fraction", 0.25),
            fields.number("second_stage_localization_loss_weight", 1.0),
            fields.number("second_stage_classification_loss_weight", 1.0),
        ),
        classification=_classification(fields.message("second_stage_classification_loss")),
        static=static,
        static_sampler=static and fields.flag("use_static_balanced_label_sampler"),
        norms_train=fields.message("feature_extractor").flag("batch_norm_trainable"),
        dropout=_dropout(_predictor(fields)),
        mask_weight=fields.number("second_stage_mask_prediction_loss_weight", 1.0),
        miner=_miner(fields),
    )


def _share(fields: Fields, name: str, default: float) -> float:
    share = fields.number(name, default)
    if not 0 <= share <= 1:
        raise UnsupportedModelError(
            f"{name} is a share", where=fields.place(name), expected="0 to 1", found=f"{share:g}"
        )
    return share


def _miner(fields: Fields) -> HardExamples | None:
    """Read `hard_example_miner`; its quotas of negatives are not looked at for two stages, as in the original."""
    if "hard_example_miner" not in fields:
        return None
    return replace(read_miner(fields.message("hard_example_miner")), negatives_per_positive=0, least_negatives=0)


def _predictor(fields: Fields) -> Fields:
    return fields.message("second_stage_box_predictor").message("mask_rcnn_box_predictor")


def _dropout(predictor: Fields) -> float:
    return 1.0 - predictor.number("dropout_keep_probability", 0.5) if predictor.flag("use_dropout") else 0.0


def _classification(fields: Fields) -> ClassRows:
    """Read `second_stage_classification_loss`; the original refuses other kinds than these, too."""
    kind = fields.only() or "weighted_softmax"
    if kind not in CLASSIFICATION:
        fact = f"the second stage's classification loss {kind} is not trained here"
        raise UnsupportedModelError(fact, where=fields.place(kind), expected=" or ".join(CLASSIFICATION))
    return CLASSIFICATION[kind](fields.message(kind))


def _focal(fields: Fields) -> ClassRows:
    alpha = fields.number("alpha") if "alpha" in fields else None
    return partial(focal_rows, alpha=alpha, gamma=fields.number("gamma", 2.0))


CLASSIFICATION: dict[str, Callable[[Fields], ClassRows]] = {
    "weighted_softmax": lambda fields: partial(softmax_rows, scale=fields.number("logit_scale", 1.0)),
    "weighted_sigmoid": lambda fields: sigmoid_rows,
    "weighted_sigmoid_focal": _focal,
}
"""Field of `ClassificationLoss` → its reader."""


class FasterRcnnRules:
    """Which variables decay, and how batch norms move, in a detector with this extractor."""

    def __init__(self, model: TextMessage | None, kind: str, *, norms_train: bool) -> None:
        self._model = TextMessage() if model is None else model
        self._kind = kind
        self._norms_train = norms_train

    def norm(self, key: str) -> NormRule:
        """Return how a batch norm trains: ResNets at 0.997 [measured], Inception-ResNets at 0.9997 [memory].

        The pyramid and the dense layers of the FPN extractors follow `conv_hyperparams`, as a built detector does
        wherever its backbone brings no momentum along. `batch_norm_trainable` is taken to hold for all of them
        [memory].
        """
        zoo = self._kind.startswith(ZOO)
        if zoo and "inception" in self._kind:
            momentum = 0.9997
        elif zoo and ("fpn" not in self._kind or "/classification_backbone/" in key):
            momentum = 0.997
        else:
            given = self._model.message("feature_extractor").message("conv_hyperparams").message("batch_norm")
            momentum = float(given.number("decay", 0.999))
        return NormRule(momentum, frozen=not self._norms_train)

    def decayed(self, variables: Iterable[Variable]) -> dict[str, float]:
        """Return c of c·Σw² for each kernel of a head whose hyperparameters have an L2 weight (c is half of it).

        The zoo's weights are all 0 [measured]. Raises `UnsupportedModelError` for an L1 term.
        """
        predictor = self._model.message("second_stage_box_predictor").message("mask_rcnn_box_predictor")
        shares = {
            "rpn": _l2(self._model.message("first_stage_box_predictor_conv_hyperparams")),
            "dense": _l2(predictor.message("fc_hyperparams")),
            "mask": _l2(predictor.message("conv_hyperparams")),
        }
        found = {variable.key: shares.get(_part(variable), 0.0) / 2 for variable in variables}
        return {key: share for key, share in found.items() if share}


def _part(variable: Variable) -> str:
    """Return which hyperparameters reach a variable: `rpn`, `dense`, `mask`, or an empty text."""
    if variable.key.rpartition("/")[2] not in KERNELS:
        return ""
    if variable.key.startswith((RPN, *SLIM_RPN)):
        return "rpn"
    if variable.key.startswith((SECOND, SLIM_SECOND)):
        return "dense" if len(variable.shape) == 2 else "mask"
    return ""


def _l2(hyperparameters: TextMessage) -> float:
    regularizer = hyperparameters.message("regularizer")
    if "l1_regularizer" in regularizer:
        raise UnsupportedModelError("l1_regularizer is not trained here", where=regularizer.where_of("l1_regularizer"))
    if "l2_regularizer" not in regularizer:
        return 0.0
    return float(regularizer.message("l2_regularizer").number("weight", 1.0))
