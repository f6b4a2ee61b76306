"""The configuration that weights alone imply, as text: the way back, whichever the container and the generation.

What it is: the choice between the two ways that `blueprint` has. What it is not: knowledge of architectures.
"""

from __future__ import annotations

from loadstone.blueprint.recovered.recover import recover
from loadstone.blueprint.write_config import FROM_WEIGHTS, config_for
from loadstone.errors import LoadstoneError
from loadstone.facts import ModelFile
from loadstone.formats.detection import from_names
from loadstone.wire.textdump import dump


def config_of_weights(model: ModelFile) -> str:
    """Return a configuration whose variables are those of the model.

    Raises `UnsupportedModelError` for what is no detector, or one that is not rebuilt here.
    """
    shapes = {spec.name: spec.shape for spec in model.tensors.specs}
    facts = from_names(shapes, model.ops)
    size = (model.detector.input_size if model.detector else None) or (facts.input_size if facts else None)
    try:
        found = recover(shapes, size)
    except LoadstoneError as error:
        try:
            return config_for(model)
        except LoadstoneError:
            raise error from None
    return FROM_WEIGHTS + dump(found.config)
