"""`model { center_net { … } }` of a `pipeline.config` → `CenterNetBlueprint` (center_net.proto)."""

from __future__ import annotations

from loadstone.blueprint.center_net_extractors import CENTER_NET_EXTRACTORS
from loadstone.blueprint.center_net_parts import CenterNetBlueprint, KeypointTask
from loadstone.blueprint.common_fields import read_resizer
from loadstone.blueprint.fields import Fields
from loadstone.blueprint.layer_names import LayerNames
from loadstone.blueprint.network import Scope, Tensor, Writer
from loadstone.blueprint.parts import Normalisation
from loadstone.errors import UnsupportedModelError

HEAD_WIDTH = 256
BOX_HEADS = (("box/scale", 2), ("box/offset", 2))


OTHER_KERNELS = {
    "mobilenet_v2_fpn": "mobilenet_v2_fpn_sep_conv",
    "mobilenet_v2_fpn_sep_conv": "mobilenet_v2_fpn",
}
"""Extractors that releases of the API have built with either's kernels from the same configuration."""


def read_center_net(fields: Fields, *, built: str = "") -> CenterNetBlueprint:
    """Return the blueprint of a CenterNet; `UnsupportedModelError` names a part that is not built here.

    `built` names the extractor where the weights say another one than the configuration.
    """
    extractor = fields.message("feature_extractor")
    kind = extractor.text("type")
    if extractor.flag("use_separable_conv") and kind == "mobilenet_v2_fpn":
        kind = "mobilenet_v2_fpn_sep_conv"
    kind = built or kind
    if kind not in CENTER_NET_EXTRACTORS:
        raise UnsupportedModelError(
            f"the feature extractor {kind or 'unset'} is not rebuilt here", where=extractor.place("type")
        )
    write_maps, own = CENTER_NET_EXTRACTORS[kind]
    resizer = read_resizer(fields.message("image_resizer"))
    classes = fields.integer("num_classes")
    tasks = (read_keypoint_task(fields),) if "keypoint_estimation_task" in fields else ()
    to, names = Writer(), LayerNames()
    maps = write_maps(to, to.picture(*(resizer.output or (None, None))), names, kind)
    heads = Heads(to, names, separable=fields.flag("use_depthwise"))
    for head, channels in head_channels(classes, boxes="object_detection_task" in fields, tasks=tasks):
        heads.write(maps, head, channels)
    centers = fields.message("object_center_params")
    centers.training("object_center_loss_weight", "classification_loss", "heatmap_bias_init", "min_box_overlap_iou")
    centers.training("use_labeled_classes", "keypoint_weights_for_center")
    _training_of_boxes(fields)
    return CenterNetBlueprint(
        meta_architecture="center_net",
        feature_extractor=kind,
        num_classes=classes,
        resizer=resizer,
        normalisation=after(_given(extractor), own),
        network=to.network(),
        max_boxes=centers.integer("max_box_predictions", 100),
        peak_window=centers.integer("peak_max_pool_kernel_size", 3),
        keypoint_tasks=tasks,
        unsupported=tuple(fields.leftover()),
    )


def head_channels(classes: int, *, boxes: bool, tasks: tuple[KeypointTask, ...]) -> list[tuple[str, int]]:
    """Return each head's name and channels, in the order in which the original makes them."""
    heads = [("object_center", classes), *(BOX_HEADS if boxes else ())]
    for task in tasks:
        each = 2 * task.keypoints
        heads += [
            (f"{task.name}/keypoint/heatmap", task.keypoints),
            (f"{task.name}/keypoint/regression", each),
            (f"{task.name}/keypoint/offset", each if task.per_keypoint_offset else 2),
        ]
    return heads


def _training_of_boxes(fields: Fields) -> None:
    boxes = fields.message("object_detection_task")
    boxes.training("task_loss_weight", "offset_loss_weight", "scale_loss_weight", "localization_loss")
    fields.training("keypoint_label_map_path")


def read_keypoint_task(fields: Fields) -> KeypointTask:
    """Read `keypoint_estimation_task`.

    How many keypoints there are stands in the label map; the configuration repeats it as one deviation for each.
    """
    task = fields.message("keypoint_estimation_task")
    task.training("task_loss_weight", "loss", "keypoint_regression_loss_weight", "keypoint_heatmap_loss_weight")
    task.training("keypoint_offset_loss_weight", "heatmap_bias_init", "offset_peak_radius", "gaussian_denom_ratio")
    count = task.count("keypoint_label_to_std")
    if not count:
        fact = "how many keypoints there are stands only in the label map"
        raise UnsupportedModelError(fact, where=task.place("keypoint_label_to_std"))
    return KeypointTask(
        name=task.text("task_name"),
        class_name=task.text("keypoint_class_name"),
        keypoints=count,
        per_keypoint_offset=task.flag("per_keypoint_offset"),
        candidate_score_threshold=task.number("keypoint_candidate_score_threshold", 0.1),
        candidates=task.integer("num_candidates_per_keypoint", 100),
        peak_window=task.integer("peak_max_pool_kernel_size", 3),
        unmatched_score=task.number("unmatched_keypoint_score", 0.1),
        box_scale=task.number("box_scale", 1.2),
        search_scale=task.number("candidate_search_scale", 0.3),
        ranking=task.text("candidate_ranking_mode", "min_distance"),
        distance_offset=task.number("score_distance_offset", 1.0),
        distance_multiplier=task.number("score_distance_multiplier", 0.1),
    )


def _given(extractor: Fields) -> Normalisation:
    """The configuration's own normalisation, which comes before the extractor's."""
    mean = extractor.numbers("channel_means", (0.0, 0.0, 0.0))
    deviation = extractor.numbers("channel_stds", (1.0, 1.0, 1.0))
    if len(mean) != 3 or len(deviation) != 3 or 0.0 in deviation:
        fact = "channel_means and channel_stds need three values each, and no deviation is 0"
        raise UnsupportedModelError(fact, where=extractor.place("channel_means"))
    bgr = extractor.flag("bgr_ordering")
    return Normalisation((mean[0], mean[1], mean[2]), (deviation[0], deviation[1], deviation[2]), False, bgr)


def after(first: Normalisation, second: Normalisation) -> Normalisation:
    """Return the one normalisation that does `first` and then `second`.

    ((x − m₁) / d₁ − m₂) / d₂ = (x − (m₁ + m₂·d₁)) / (d₁·d₂); where the second turns the channels round, the first's
    values turn with them.
    """
    mean, deviation = first.mean, first.deviation
    if second.bgr:
        mean, deviation = (mean[2], mean[1], mean[0]), (deviation[2], deviation[1], deviation[0])
    channels = range(3)
    means = [mean[c] + second.mean[c] * deviation[c] for c in channels]
    deviations = [deviation[c] * second.deviation[c] for c in channels]
    return Normalisation(
        (means[0], means[1], means[2]),
        (deviations[0], deviations[1], deviations[2]),
        before_resizing=False,
        bgr=first.bgr != second.bgr,
    )


class Heads:
    """Two convolutions a head and stack: 3×3 to 256 channels with relu, 1×1 to the head's own. Both have biases."""

    def __init__(self, to: Writer, names: LayerNames, *, separable: bool) -> None:
        self.to = to
        self.names = names
        self.separable = separable

    def write(self, maps: list[Tensor], head: str, channels: int) -> None:
        """Write a head on every stack's map; the last one is an output. Keras made the 1×1 convolution first."""
        key = f"model/_prediction_head_dict/{head.replace('/', '.S')}"
        for stack, x in enumerate(maps):
            last = self.names.next("conv2d")
            first = self.names.next("separable_conv2d" if self.separable else "conv2d")
            at = Scope(f"{key}/{stack}/layer_with_weights-0", first)
            if self.separable:
                x = self.to.separable(x, at, HEAD_WIDTH, bias=True)
            else:
                x = self.to.conv(x, at, HEAD_WIDTH, 3, bias=True)
            x = self.to.activation(x, "relu")
            x = self.to.conv(x, Scope(f"{key}/{stack}/layer_with_weights-1", last), channels, bias=True)
        self.to.output(head, x)
