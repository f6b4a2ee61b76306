"""A dataset of coloured squares on noise, and a thin detector for them: a training that takes seconds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from tests.training import tiny

SIDE = 64
CLASSES = ("red", "green")

TRAIN = """
train_config {
  batch_size: 4 num_steps: 9 gradient_clipping_by_norm: 5 startup_delay_steps: 3
  optimizer { momentum_optimizer {
      learning_rate { cosine_decay_learning_rate {
        learning_rate_base: 0.02 total_steps: 9 warmup_learning_rate: 0.001 warmup_steps: 2 } }
      momentum_optimizer_value: 0.9 }
    use_moving_average: true moving_average_decay: 0.9 }
  data_augmentation_options { random_horizontal_flip { } }
}
"""
"""Three epochs of three steps, with an average and a field that nothing reads."""


def write_squares(folder: Path, count: int = 16, *, seed: int = 1) -> Path:
    """Write a COCO dataset: a quarter of the pictures validates."""
    random = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    (folder / "annotations").mkdir()
    held = count // 4
    for split, numbers in (("train", range(held, count)), ("val", range(held))):
        images, annotations = [], []
        for number in numbers:
            picture = random.integers(0, 90, (SIDE, SIDE, 3), np.uint8)
            side, label = int(random.integers(16, 36)), int(random.integers(2))
            left, top = (int(at) for at in random.integers(0, SIDE - side, 2))
            picture[top : top + side, left : left + side, label] = 250
            name = f"{number:02}.png"
            Image.fromarray(picture).save(folder / "images" / name)
            images.append({"id": number, "file_name": name, "width": SIDE, "height": SIDE})
            box = [left, top, side, side]
            row = {"id": number, "image_id": number, "category_id": label + 1, "bbox": box, "area": side * side}
            annotations.append({**row, "iscrowd": 0})
        categories = [{"id": at + 1, "name": name} for at, name in enumerate(CLASSES)]
        document = {"images": images, "annotations": annotations, "categories": categories}
        (folder / "annotations" / f"instances_{split}.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def write_config(path: Path, *, classes: int = 2, train: str = TRAIN) -> Path:
    """Write the configuration of a thin SSD for the squares, and of its training."""
    path.write_text(tiny.TEXT.replace("num_classes: 3", f"num_classes: {classes}") % ("", "", train), encoding="utf-8")
    return path
