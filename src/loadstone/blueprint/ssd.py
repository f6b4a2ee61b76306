"""`model { ssd { … } }` of a `pipeline.config` → `Blueprint` (ssd.proto of the Object Detection API)."""

from __future__ import annotations

from loadstone.blueprint.common_fields import read_box_coder, read_hyperparameters, read_resizer, read_suppression
from loadstone.blueprint.convolutional_head import ConvolutionalHead
from loadstone.blueprint.fields import Fields
from loadstone.blueprint.network import Tensor, Writer
from loadstone.blueprint.parts import Blueprint, MultiscaleAnchors, SsdAnchors
from loadstone.blueprint.ssd_anchor_fields import read_multiscale_anchors, read_ssd_anchors
from loadstone.blueprint.ssd_extractors import SSD_EXTRACTORS, read_extractor
from loadstone.blueprint.weight_shared_head import WeightSharedHead
from loadstone.errors import UnsupportedModelError

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
    if extractor.kind not in SSD_EXTRACTORS:
        raise UnsupportedModelError(
            f"the feature extractor {extractor.kind} is not rebuilt here", where=extractor.fields.place("type")
        )
    write_maps, normalisation = SSD_EXTRACTORS[extractor.kind]
    to = Writer()
    maps = write_maps(to, to.picture(*(resizer.output or (None, None))), extractor)
    anchors = read_anchors(fields.message("anchor_generator"))
    per_map = (anchors.per_place,) * len(maps) if isinstance(anchors, MultiscaleAnchors) else anchors.per_map
    boxes, scores = write_head(to, fields.message("box_predictor"), maps, per_map, slots)
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
        suppression=read_suppression(fields.message("post_processing")),
        maps=tuple((x.shape[0] or 0, x.shape[1] or 0) for x in maps),
        unsupported=tuple(fields.leftover()),
    )


def read_anchors(fields: Fields) -> MultiscaleAnchors | SsdAnchors:
    """Read the `anchor_generator` message."""
    kind = fields.only()
    if kind == "multiscale_anchor_generator":
        return read_multiscale_anchors(fields.message(kind))
    if kind == "ssd_anchor_generator":
        return read_ssd_anchors(fields.message(kind))
    raise UnsupportedModelError(f"the anchor generator {kind or 'unset'} is not built here", where=fields.place(kind))


def write_head(
    to: Writer, fields: Fields, maps: list[Tensor], per_map: tuple[int, ...], slots: int
) -> tuple[Tensor, Tensor]:
    """Write the box predictor over the feature maps; return (box encodings, class logits)."""
    kind = fields.only()
    if kind == "weight_shared_convolutional_box_predictor":
        return _weight_shared(fields.message(kind), per_map[0], slots).write(to, maps)
    if kind == "convolutional_box_predictor":
        return _convolutional(fields.message(kind), per_map, slots).write(to, maps)
    raise UnsupportedModelError(f"the box predictor {kind or 'unset'} is not built here", where=fields.place(kind))


def _weight_shared(fields: Fields, anchors: int, slots: int) -> WeightSharedHead:
    hyperparameters = read_hyperparameters(fields.message("conv_hyperparams"))
    fields.training("class_prediction_bias_init", "use_dropout", "dropout_keep_probability")
    return WeightSharedHead(
        layers=fields.integer("num_layers_before_predictor"),
        depth=fields.integer("depth"),
        anchors=anchors,
        slots=slots,
        separable=fields.flag("use_depthwise"),
        share_tower=fields.flag("share_prediction_tower"),
        epsilon=hyperparameters.epsilon,
        activation=hyperparameters.activation,
        force_bias=hyperparameters.force_bias,
        window=fields.integer("kernel_size", 3),
    )


def _convolutional(fields: Fields, per_map: tuple[int, ...], slots: int) -> ConvolutionalHead:
    read_hyperparameters(fields.message("conv_hyperparams"))
    fields.training("class_prediction_bias_init", "use_dropout", "dropout_keep_probability", "min_depth", "max_depth")
    for name, plain in (("num_layers_before_predictor", 0), ("box_code_size", 4)):
        if fields.integer(name, plain) != plain:
            raise UnsupportedModelError(f"{name} other than {plain} is not built here", where=fields.place(name))
    for name in ("use_depthwise", "apply_sigmoid_to_scores"):
        if fields.flag(name):
            raise UnsupportedModelError(f"{name} is not built here", where=fields.place(name))
    return ConvolutionalHead(per_map, slots, fields.integer("kernel_size", 1))
