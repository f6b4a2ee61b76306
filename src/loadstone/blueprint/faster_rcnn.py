"""`model { faster_rcnn { … } }` of a `pipeline.config` → `FasterRcnnBlueprint` (faster_rcnn.proto)."""

from __future__ import annotations

from loadstone.blueprint.common_fields import read_hyperparameters, read_resizer, read_suppression
from loadstone.blueprint.faster_rcnn_extractors import FASTER_RCNN_EXTRACTORS, Extractor, Second, read_extractor
from loadstone.blueprint.faster_rcnn_heads import MaskHead, ProposalHead, fitting_depth, write_box_head
from loadstone.blueprint.faster_rcnn_parts import Crops, FasterRcnnBlueprint, GridAnchors, Masks, Proposals
from loadstone.blueprint.fields import Fields
from loadstone.blueprint.network import Network, Shape, Writer
from loadstone.blueprint.parts import BoxCoder, MultiscaleAnchors, Resizer
from loadstone.blueprint.slim.slim_faster_rcnn import SLIM_FASTER_RCNN
from loadstone.blueprint.ssd_anchor_fields import read_multiscale_anchors
from loadstone.errors import UnsupportedModelError

EXTRACTORS = {**FASTER_RCNN_EXTRACTORS, **SLIM_FASTER_RCNN}

DILATABLE = tuple(kind for kind in SLIM_FASTER_RCNN if kind != "faster_rcnn_inception_v2")

TRAINING_FIELDS = (
    "first_stage_minibatch_size",
    "first_stage_positive_balance_fraction",
    "first_stage_localization_loss_weight",
    "first_stage_objectness_loss_weight",
    "second_stage_batch_size",
    "second_stage_balance_fraction",
    "second_stage_localization_loss_weight",
    "second_stage_classification_loss_weight",
    "second_stage_classification_loss",
    "second_stage_mask_prediction_loss_weight",
    "hard_example_miner",
    "inplace_batchnorm_update",
    "freeze_batchnorm",
    "return_raw_detections_during_predict",
    "use_static_balanced_label_sampler",
)
HOW_NOT_WHAT = ("use_matmul_gather_in_matcher", "use_static_shapes", "resize_masks")
"""Fields that choose between ways to compute the same, or how an evaluation pastes masks."""


def read_faster_rcnn(fields: Fields) -> FasterRcnnBlueprint:
    """Return the blueprint of a Faster or Mask R-CNN; `UnsupportedModelError` names a part that is not built here."""
    fields.training(*TRAINING_FIELDS, *HOW_NOT_WHAT)
    extractor = read_extractor(fields.message("feature_extractor"))
    if extractor.kind not in EXTRACTORS:
        fact = f"the feature extractor {extractor.kind or 'unset'} is not rebuilt here"
        raise UnsupportedModelError(fact, where=extractor.fields.place("type"))
    predictor = read_predictor(fields)
    check_stride(extractor)
    second_half, normalisation = EXTRACTORS[extractor.kind][1:]
    classes = fields.integer("num_classes")
    resizer = read_resizer(fields.message("image_resizer"))
    anchors = read_anchors(fields.message("first_stage_anchor_generator"))
    first, maps = write_first_stage(fields, extractor, resizer, anchors.per_place)
    crops = Crops(
        fields.integer("initial_crop_size"),
        fields.integer("maxpool_kernel_size", 1),
        fields.integer("maxpool_stride", 1),
        fields.flag("use_matmul_crop_and_resize"),
    )
    shared = predictor.flag("share_box_across_classes")
    second, features = write_second_stage(
        (crops.side, crops.side, maps[0][-1]),
        extractor,
        second_half,
        classes=classes,
        shared=shared,
        dropout=predictor.flag("use_dropout"),
    )
    masks, third = read_masks(predictor, features, classes, slim=extractor.kind in SLIM_FASTER_RCNN)
    if fields.integer("number_of_stages", 2) != (3 if masks else 2):
        fact = "the number of stages does not fit the predictor's masks"
        raise UnsupportedModelError(fact, where=fields.place("number_of_stages"))
    return FasterRcnnBlueprint(
        meta_architecture="mask_rcnn" if masks else "faster_rcnn",
        feature_extractor=extractor.kind,
        num_classes=classes,
        resizer=resizer,
        normalisation=normalisation,
        first_stage=first,
        second_stage=second,
        third_stage=third,
        anchors=anchors,
        proposals=read_proposals(fields),
        crops=crops,
        shared_boxes=shared,
        masks=masks,
        suppression=read_suppression(fields.message("second_stage_post_processing")),
        box_coder=BoxCoder(),
        unsupported=tuple(fields.leftover()),
    )


def check_stride(extractor: Extractor) -> None:
    """Refuse a stride that the extractor's network does not have: 16, or 8 where TF1's can dilate instead."""
    allowed = (8, 16) if extractor.kind in DILATABLE else (16,)
    if "_fpn_" not in extractor.kind and extractor.stride not in allowed:
        raise UnsupportedModelError(
            "first_stage_features_stride is not one that the network is built for here",
            where=extractor.fields.place("first_stage_features_stride"),
            expected=" or ".join(map(str, allowed)),
            found=str(extractor.stride),
        )


def read_anchors(fields: Fields) -> GridAnchors | MultiscaleAnchors:
    """Read the `first_stage_anchor_generator` message."""
    kind = fields.only()
    inner = fields.message(kind) if kind else fields
    if kind == "multiscale_anchor_generator":
        return read_multiscale_anchors(inner)
    if kind != "grid_anchor_generator":
        fact = f"the anchor generator {kind or 'unset'} is not built here"
        raise UnsupportedModelError(fact, where=fields.place(kind))
    return GridAnchors(
        scales=inner.numbers("scales"),
        aspect_ratios=inner.numbers("aspect_ratios"),
        base=(inner.integer("height", 256), inner.integer("width", 256)),
        stride=(inner.integer("height_stride", 16), inner.integer("width_stride", 16)),
        offset=(inner.integer("height_offset"), inner.integer("width_offset")),
    )


def read_proposals(fields: Fields) -> Proposals:
    """Read the fields of the first stage's suppression."""
    return Proposals(
        score_threshold=fields.number("first_stage_nms_score_threshold", 0.0),
        iou_threshold=fields.number("first_stage_nms_iou_threshold", 0.7),
        count=fields.integer("first_stage_max_proposals", 300),
        clip_anchors=fields.flag("clip_anchors_to_image"),
    )


def read_predictor(fields: Fields) -> Fields:
    """Return the second stage's predictor; only `mask_rcnn_box_predictor` is built, for boxes as well as masks."""
    outer = fields.message("second_stage_box_predictor")
    kind = outer.only()
    if kind != "mask_rcnn_box_predictor":
        fact = f"the box predictor {kind or 'unset'} is not built here"
        raise UnsupportedModelError(fact, where=outer.place(kind))
    predictor = outer.message(kind)
    predictor.training("dropout_keep_probability")
    for name in ("fc_hyperparams", "conv_hyperparams"):
        if name in predictor:
            read_hyperparameters(predictor.message(name))
    return predictor


def write_first_stage(
    fields: Fields, extractor: Extractor, resizer: Resizer, anchors: int
) -> tuple[Network, list[Shape]]:
    """Write the proposals' network; return it and the shapes of the maps that are cropped."""
    read_hyperparameters(fields.message("first_stage_box_predictor_conv_hyperparams"))
    head = ProposalHead(
        depth=fields.integer("first_stage_box_predictor_depth", 512),
        window=fields.integer("first_stage_box_predictor_kernel_size", 3),
        anchors=anchors,
        dilation=fields.integer("first_stage_atrous_rate", 1),
        slim=extractor.kind in SLIM_FASTER_RCNN,
    )
    to = Writer()
    maps = EXTRACTORS[extractor.kind][0](to, to.picture(*(resizer.output or (None, None))), extractor)
    for number, x in enumerate(maps):
        to.output(f"features_{number}", x)
    boxes, scores = head.write(to, maps)
    to.output("box_encodings", boxes)
    to.output("objectness", scores)
    return to.network(), [x.shape for x in maps]


def write_second_stage(
    shape: Shape, extractor: Extractor, half: Second, *, classes: int, shared: bool, dropout: bool
) -> tuple[Network, Shape]:
    """Write the crops' network; return it and the shape of its features."""
    to = Writer()
    features = half(to, to.input("crops", shape), extractor)
    to.output("features", features)
    slim = extractor.kind in SLIM_FASTER_RCNN
    boxes, scores = write_box_head(to, features, classes, shared=shared, slim=slim, dropout=dropout)
    to.output("box_encodings", boxes)
    to.output("class_predictions_with_background", scores)
    return to.network(), features.shape


def read_masks(predictor: Fields, features: Shape, classes: int, *, slim: bool) -> tuple[Masks | None, Network | None]:
    """Return the masks that the predictor asks for, and the network that makes them."""
    wanted = predictor.flag("predict_instance_masks")
    size = (predictor.integer("mask_height", 15), predictor.integer("mask_width", 15))
    agnostic = predictor.flag("masks_are_class_agnostic")
    head = MaskHead(
        size=size,
        layers=predictor.integer("mask_prediction_num_conv_layers", 2),
        depth=predictor.integer("mask_prediction_conv_depth", 256) or fitting_depth(features[-1] or 0, classes),
        masks=1 if agnostic else classes,
        slim=slim,
    )
    if not wanted:
        return None, None
    to = Writer()
    to.output("masks", head.write(to, to.input("features", features)))
    return Masks(size, agnostic), to.network()
