"""Every real configuration either becomes a blueprint or is refused by the name of what is not built."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.reader import AnyBlueprint, read_any, read_blueprint
from loadstone.errors import UnsupportedModelError
from loadstone.formats.checkpoint.bundle_index import read_index
from loadstone.formats.detection import config_beside, from_pipeline
from loadstone.formats.trees.tree import DiskTree
from loadstone.wire.textproto import parse, parse_prefix

SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"


def shapes(blueprint: AnyBlueprint) -> dict[str, tuple[int, ...]]:
    variables = blueprint.variables if isinstance(blueprint, FasterRcnnBlueprint) else blueprint.network.variables
    return {key: variable.shape for key, variable in variables.items()}


def test_real_configurations(shared: Path) -> None:
    """All TF2 ones of the zoo's families build; what is refused is TF1's, or from research forks."""
    built: Counter[str] = Counter()
    for path in sorted((shared / "pipeline_configs").glob("*.config")):
        config = parse_prefix(path.read_bytes())[0]
        facts = from_pipeline(config)
        if facts.meta_architecture != "center_net" and "_keras" not in (facts.feature_extractor or ""):
            continue
        blueprint = read_any(config)
        assert blueprint.unsupported == (), path
        assert blueprint.num_classes == facts.num_classes
        built[blueprint.meta_architecture] += 1
    assert built == {"ssd": 50, "faster_rcnn": 14, "mask_rcnn": 3, "center_net": 14}


def test_every_real_checkpoint_holds_its_configuration_s_variables(shared: Path) -> None:
    """Indexes of exports and of training runs, from the zoo and fine-tuned to other numbers of classes."""
    paths = sorted(path for path in shared.glob("wild/tf2od*/**/ckpt*.index"))
    assert len(paths) == 14
    for path in paths:
        tree = DiskTree(shared / "wild")
        folder = path.parent.relative_to(shared / "wild").as_posix()
        config = config_beside(tree, folder)
        assert config is not None
        entries = read_index(path.read_bytes()).entries
        theirs = {
            name.removesuffix(SUFFIX): entry.shape
            for name, entry in entries.items()
            if name.startswith("model/") and "/.OPTIMIZER_SLOT/" not in name
        }
        assert shapes(read_any(config[1])) == theirs, path


def test_the_one_stage_reader_refuses_the_others() -> None:
    text = b"""model { center_net { num_classes: 1 feature_extractor { type: "hourglass_104" }
      image_resizer { fixed_shape_resizer { height: 64 width: 64 } } } }"""
    with pytest.raises(UnsupportedModelError, match="center_net"):
        read_blueprint(parse(text))
    with pytest.raises(UnsupportedModelError, match="the meta-architecture other is not rebuilt here"):
        read_any(parse(b"model { other { } }"))
