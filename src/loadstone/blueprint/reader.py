"""`pipeline.config` → `Blueprint`: the one way in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from loadstone.blueprint.center_net import OTHER_KERNELS, read_center_net
from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.faster_rcnn import read_faster_rcnn
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.fields import Fields
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.ssd import read_ssd
from loadstone.blueprint.yolo_parts import YoloBlueprint
from loadstone.errors import UnsupportedModelError
from loadstone.wire.textmessage import TextMessage

AnyBlueprint = Blueprint | CenterNetBlueprint | FasterRcnnBlueprint | YoloBlueprint
"""What is rebuilt here; a YOLO comes from no `pipeline.config`, only from `builder`."""

META_ARCHITECTURES: Mapping[str, Callable[[Fields], AnyBlueprint]] = {
    "ssd": read_ssd,
    "center_net": read_center_net,
    "faster_rcnn": read_faster_rcnn,
}


def read_blueprint(config: TextMessage) -> Blueprint:
    """Return the blueprint of a parsed configuration of a one-stage detector on anchors.

    Raises `UnsupportedModelError`, with line and column, for an architecture or a part that is not rebuilt here,
    and `FormatError` for a field of the wrong kind.
    """
    found = read_any(config)
    if isinstance(found, Blueprint):
        return found
    fact = f"the meta-architecture {found.meta_architecture} is not rebuilt here"
    raise UnsupportedModelError(fact, where=config.message("model").where)


def read_any(config: TextMessage) -> AnyBlueprint:
    """Return the blueprint of a parsed configuration, whichever of the meta-architectures it has.

    Raises as `read_blueprint` does.
    """
    model = Fields(config.message("model"), "model.")
    kind = model.only()
    if kind not in META_ARCHITECTURES:
        raise UnsupportedModelError(
            f"the meta-architecture {kind or 'unset'} is not rebuilt here", where=model.place(kind)
        )
    return META_ARCHITECTURES[kind](model.message(kind))


def readings_of(config: TextMessage) -> Iterator[AnyBlueprint]:
    """Yield each blueprint that a configuration may stand for, its own first: the weights tell which.

    The API has built CenterNet's MobileNets with separable kernels and with plain ones from the same configuration.
    Raises as `read_blueprint` does.
    """
    plain = read_any(config)
    yield plain
    if isinstance(plain, CenterNetBlueprint) and plain.feature_extractor in OTHER_KERNELS:
        fields = Fields(config.message("model").message("center_net"), "model.center_net.")
        yield read_center_net(fields, built=OTHER_KERNELS[plain.feature_extractor])
