"""The page of augmentation lists every step, and counts what real configurations use."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from loadstone.augmentation.config import KINDS, NOT_BUILT
from loadstone.augmentation.presets import PRESETS
from loadstone.wire.textproto import parse_prefix

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "augmentation.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([a-z0-9_]+)` \| (\d+) \|", PAGE, re.MULTILINE))


def test_every_step_and_preset_has_its_row() -> None:
    assert set(ROWS) == set(KINDS)
    presets = PAGE.split("## Presets")[1].split("## Steps")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", presets, re.MULTILINE)) == set(PRESETS)
    refused = PAGE.split("Named with line and column")[1].split("which a training")[0]
    assert set(re.findall(r"`(\w+)`", refused)) == set(NOT_BUILT)


def test_the_counts_are_those_of_the_real_configurations(shared: Path) -> None:
    used: Counter[str] = Counter()
    for path in (shared / "pipeline_configs").glob("*.config"):
        train = parse_prefix(path.read_bytes())[0].message("train_config")
        used.update({name for option in train.messages("data_augmentation_options") for name in option.names})
    assert used.pop("random_imgaug") == 1
    assert {name: int(count) for name, count in ROWS.items() if count != "0"} == used
