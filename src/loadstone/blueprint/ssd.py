"""`model { ssd { … } }` of a `pipeline.config` → `Blueprint` (ssd.proto of the Object Detection API)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from loadstone.blueprint.common_fields import read_box_coder, read_hyperparameters, read_resizer, read_suppression
from loadstone.blueprint.convolutional_head import ConvolutionalHead
from loadstone.blueprint.fields import Fields
from loadstone.blueprint.network import Tensor, Writer
from loadstone.blueprint.parts import Blueprint, MultiscaleAnchors, Resizer, SsdAnchors
from loadstone.blueprint.slim.slim import SlimLayers
from loadstone.blueprint.slim.slim_fpn import SLIM_FPN_EXTRACTORS, SlimWeightSharedHead
from loadstone.blueprint.slim.slim_ssd import SLIM_EXTRACTORS, SlimConvolutionalHead
from loadstone.blueprint.ssd_anchor_fields import read_multiscale_anchors, read_ssd_anchors
from loadstone.blueprint.ssd_extractors import SSD_EXTRACTORS, Extractor, read_extractor
from loadstone.blueprint.weight_shared_head import WeightSharedHead
from loadstone.errors import UnsupportedModelError

SLIM = {**SLIM_EXTRACTORS, **SLIM_FPN_EXTRACTORS}
EXTRACTORS = {**SSD_EXTRACTORS, **SLIM}

TRAINING_FIELDS = (
    "matcher",
    "similarity_calculator",
    "encode_background_as_zeros",
    "negative_class_weight",
    "loss",
    "normalize_loss_by_num_matches",
    "normalize_loc_loss_by_codesize",
    "inplace_batchnorm_update",
    "freeze_batchnorm",
    "weight_regression_loss_by_score",
    "explicit_background_class",
    "implicit_example_weight",
)


def read_ssd(fields: Fields) -> Blueprint:
    """Return the blueprint of an SSD; `UnsupportedModelError` names a part that is not built here."""
    fields.training(*TRAINING_FIELDS)
    classes = fields.integer("num_classes")
    background = fields.flag("add_background_class", True)
    slots = classes + (1 if background else 0)
    resizer = read_resizer(fields.message("image_resizer"))
    extractor = read_extractor(fields.message("feature_extractor"))
    if extractor.kind not in EXTRACTORS:
        raise UnsupportedModelError(
            f"the feature extractor {extractor.kind} is not rebuilt here", where=extractor.fields.place("type")
        )
    check_extractor(extractor, resizer)
    write_maps, normalisation = EXTRACTORS[extractor.kind]
    to = Writer()
    maps = write_maps(to, to.picture(*(resizer.output or (None, None))), extractor)
    anchors = read_anchors(fields.message("anchor_generator"))
    per_map = (anchors.per_place,) * len(maps) if isinstance(anchors, MultiscaleAnchors) else anchors.per_map
    check_maps(anchors, maps, fields)
    head = read_head(fields.message("box_predictor"), per_map, slots, slim=extractor.kind in SLIM)
    boxes, scores = head.write(to, maps)
    to.output("box_encodings", boxes)
    to.output("class_predictions_with_background", scores)
    return Blueprint(
        meta_architecture="ssd",
        feature_extractor=extractor.kind,
        num_classes=classes,
        background=background,
        resizer=resizer,
        normalisation=normalisation,
        network=to.network(),
        anchors=anchors,
        box_coder=read_box_coder(fields.message("box_coder")),
        suppression=read_suppression(fields.message("post_processing"), one_stage=True),
        maps=tuple((x.shape[0] or 0, x.shape[1] or 0) for x in maps),
        unsupported=tuple(fields.leftover()),
    )


PADDABLE = tuple(kind for kind in EXTRACTORS if "mobilenet_v1" in kind or "mobilenet_v2" in kind)


def check_extractor(extractor: Extractor, resizer: Resizer) -> None:
    """Refuse what asks for padding that this extractor does not have here."""
    fields, multiple = extractor.fields, extractor.pad_to_multiple
    if multiple > 1 and (resizer.output is None or any(side % multiple for side in resizer.output)):
        fact = "pad_to_multiple of a size that is no multiple is not built here"
        raise UnsupportedModelError(fact, where=fields.place("pad_to_multiple"), found=str(multiple))
    if extractor.explicit_padding and (extractor.kind not in PADDABLE or "_fpn" in extractor.kind):
        fact = f"use_explicit_padding of {extractor.kind} is not built here"
        raise UnsupportedModelError(fact, where=fields.place("use_explicit_padding"))
    if extractor.depth_multiplier != 1.0 and "efficientnet" in extractor.kind:
        fact = "an EfficientNet has no depth_multiplier"
        raise UnsupportedModelError(fact, where=fields.place("depth_multiplier"))


def read_anchors(fields: Fields) -> MultiscaleAnchors | SsdAnchors:
    """Read the `anchor_generator` message."""
    kind = fields.only()
    if kind == "multiscale_anchor_generator":
        return read_multiscale_anchors(fields.message(kind))
    if kind == "ssd_anchor_generator":
        return read_ssd_anchors(fields.message(kind))
    raise UnsupportedModelError(f"the anchor generator {kind or 'unset'} is not built here", where=fields.place(kind))


def check_maps(anchors: MultiscaleAnchors | SsdAnchors, maps: list[Tensor], fields: Fields) -> None:
    """Refuse a configuration whose anchors are for another number of maps than the extractor makes."""
    if isinstance(anchors, SsdAnchors) and len(anchors.shapes) != len(maps):
        raise UnsupportedModelError(
            "the anchors are not for the feature maps that there are",
            where=fields.place("anchor_generator"),
            expected=f"num_layers: {len(maps)}",
            found=f"num_layers: {len(anchors.shapes)}",
        )


class Head(Protocol):
    """A box predictor: writes its layers over the feature maps."""

    def write(self, to: Writer, maps: Sequence[Tensor], /) -> tuple[Tensor, Tensor]:
        """Return (box encodings (N, 4), class logits (N, slots))."""


def read_head(fields: Fields, per_map: tuple[int, ...], slots: int, *, slim: bool) -> Head:
    """Read the `box_predictor` message; `slim` says whether its layers have TF1's names."""
    kind = fields.only()
    if kind == "weight_shared_convolutional_box_predictor":
        return _weight_shared(fields.message(kind), per_map[0], slots, slim=slim)
    if kind == "convolutional_box_predictor":
        return _convolutional(fields.message(kind), per_map, slots, slim=slim)
    raise UnsupportedModelError(f"the box predictor {kind or 'unset'} is not built here", where=fields.place(kind))


def _weight_shared(fields: Fields, anchors: int, slots: int, *, slim: bool) -> Head:
    hyperparameters = read_hyperparameters(fields.message("conv_hyperparams"))
    fields.training("class_prediction_bias_init", "use_dropout", "dropout_keep_probability")
    layers, depth = fields.integer("num_layers_before_predictor"), fields.integer("depth")
    separable, shared = fields.flag("use_depthwise"), fields.flag("share_prediction_tower")
    window = fields.integer("kernel_size", 3)
    if slim:
        return SlimWeightSharedHead(layers, depth, anchors, slots, separable, shared, hyperparameters, window)
    return WeightSharedHead(
        layers=layers,
        depth=depth,
        anchors=anchors,
        slots=slots,
        separable=separable,
        share_tower=shared,
        epsilon=hyperparameters.epsilon,
        activation=hyperparameters.activation,
        force_bias=hyperparameters.force_bias,
        window=window,
    )


def _convolutional(fields: Fields, per_map: tuple[int, ...], slots: int, *, slim: bool) -> Head:
    hyperparameters = read_hyperparameters(fields.message("conv_hyperparams"))
    fields.training("class_prediction_bias_init", "use_dropout", "dropout_keep_probability", "min_depth", "max_depth")
    for name, plain in (("num_layers_before_predictor", 0), ("box_code_size", 4)):
        if fields.integer(name, plain) != plain:
            raise UnsupportedModelError(f"{name} other than {plain} is not built here", where=fields.place(name))
    if fields.flag("apply_sigmoid_to_scores"):
        fact = "apply_sigmoid_to_scores is not built here"
        raise UnsupportedModelError(fact, where=fields.place("apply_sigmoid_to_scores"))
    window, depthwise = fields.integer("kernel_size", 1), fields.flag("use_depthwise")
    if slim:
        return SlimConvolutionalHead(per_map, slots, SlimLayers(hyperparameters), window, depthwise)
    epsilon, activation = hyperparameters.epsilon, hyperparameters.activation
    return ConvolutionalHead(per_map, slots, window, depthwise, epsilon, activation)
