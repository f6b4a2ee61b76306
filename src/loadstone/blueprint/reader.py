"""`pipeline.config` → `Blueprint`: the one way in."""

from __future__ import annotations

from loadstone.blueprint.fields import Fields
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.ssd import read_ssd
from loadstone.errors import UnsupportedModelError
from loadstone.wire.textmessage import TextMessage

META_ARCHITECTURES = {"ssd": read_ssd}


def read_blueprint(config: TextMessage) -> Blueprint:
    """Return the blueprint of a parsed configuration.

    Raises `UnsupportedModelError`, with line and column, for an architecture or a part that is not rebuilt here,
    and `FormatError` for a field of the wrong kind.
    """
    model = Fields(config.message("model"), "model.")
    kind = model.only()
    if kind not in META_ARCHITECTURES:
        raise UnsupportedModelError(
            f"the meta-architecture {kind or 'unset'} is not rebuilt here", where=model.place(kind)
        )
    return META_ARCHITECTURES[kind](model.message(kind))
