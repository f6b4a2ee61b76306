"""Make the detector that `loadstone demo` runs, by the commands that everybody has; each is printed as it runs.

    python tools/make_demo_detector.py WORK_FOLDER [--backend tensorflow]

What is made here is what a user brings along: annotated pictures (drawn by `demo_pictures.py`), a small backbone with
random weights, and a recipe. `loadstone build`, `train`, `export` and `eval` do the rest. Seeds are fixed. What lies in
WORK_FOLDER already is not made again, and a training that was stopped goes on.
Writes `frozen_inference_graph.pb`, `label_map.pbtxt` and the sample picture into `src/loadstone/demo/`, once the graph
finds the objects of pictures that training never saw.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from coco_folder import write_split
from demo_objects import NAMES
from demo_pictures import Scene, scene
from PIL import Image

SIDE = 160
TRAIN_SEED, HELD_OUT_SEED, SAMPLE_SEED = 20261, 20262, 20263
SAMPLE_NUMBER = 11
TRAIN_COUNT, HELD_OUT_COUNT = 8000, 400
LEAST_MAP = 0.90
GRAPH = "frozen_inference_graph.pb"
PACKAGE_FOLDER = Path(__file__).parent.parent / "src" / "loadstone" / "demo"

BUILD = "--head retinanet --width 64 --input-size 160"
#: Width by height of keys and bottles is 0.3 to 3; their sides begin at 16 pixels, which are two strides of 8.
ANCHORS = "--anchor-ratios 0.4,0.65,1,1.6,2.5 --anchor-scales 2.5"
TRAIN = "--epochs 10 --batch 16 --optimizer adam --lr 0.002 --ema 0.998"
AUGMENTATION = """
train_config {
  data_augmentation_options { random_horizontal_flip { } }
  data_augmentation_options { random_adjust_contrast { min_delta: 0.7 max_delta: 1.3 } }
  data_augmentation_options { random_adjust_brightness { max_delta: 0.1 } }
}
"""


def small_scenes(seed: int, count: int) -> Iterator[Scene]:
    """Draw scenes and bring them to the network's size: half smoothly, half with the jaggies of no filter."""
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        drawn = int(rng.choice([SIDE, 200, 240]))
        one = scene(rng, drawn, drawn)
        if rng.random() < 0.5:
            pixels = np.asarray(Image.fromarray(one.picture).resize((SIDE, SIDE), Image.Resampling.BOX))
        else:
            pick = ((np.arange(SIDE) + 0.5) * drawn / SIDE).astype(int)
            pixels = one.picture[pick][:, pick]
        yield Scene(pixels, one.boxes * (SIDE / drawn), one.class_ids)


def draw_data(folder: Path) -> None:
    """Write the dataset; a split whose annotations are there is whole."""
    for name, seed, count in (("val", HELD_OUT_SEED, HELD_OUT_COUNT), ("train", TRAIN_SEED, TRAIN_COUNT)):
        if not (folder / "annotations" / f"instances_{name}.json").exists():
            print(f"drawing {count:,} pictures of {name}", flush=True)
            write_split(folder, name, small_scenes(seed, count), classes=NAMES, kind="PNG")


def save_backbone(path: Path) -> None:
    """Save a small residual network, picture (160, 160, 3) of 0..255 to maps of stride 4 to 32, with random weights."""
    import keras

    def conv(x: Any, filters: int, name: str, strides: int = 1) -> Any:
        x = keras.layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False, name=name)(x)
        x = keras.layers.BatchNormalization(momentum=0.97, name=f"{name}_norm")(x)
        return keras.layers.ReLU(name=f"{name}_relu")(x)

    keras.utils.set_random_seed(TRAIN_SEED)
    picture = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(picture)
    x = conv(conv(x, 16, "stem", 2), 24, "down4", 2)
    for stride, filters, blocks in ((8, 48, 2), (16, 72, 2), (32, 96, 1)):
        x = conv(x, filters, f"down{stride}", 2)
        for block in range(blocks):
            x = keras.layers.Add(name=f"sum{stride}_{block}")([x, conv(x, filters, f"stay{stride}_{block}")])
    keras.Model(picture, x, name="demo_backbone").save(path)


def loadstone(words: str, *paths: Path | str) -> None:
    """Run a command of the product's; each `{}` of the words is the next of the paths."""
    given = [str(path) for path in paths]
    command = [given.pop(0) if word == "{}" else word for word in shlex.split(words)]
    print(f"\n$ loadstone {shlex.join(command)}", flush=True)
    done = subprocess.run([sys.executable, "-m", "loadstone", *command], check=False)
    if done.returncode:
        sys.exit(done.returncode)


def train(folder: Path, backend: str) -> Path:
    """Build and train, or go on with a training that was begun; return the detector."""
    built, run, names, backbone = (folder / name for name in ("built.keras", "run", "names.txt", "backbone.keras"))
    augmentation = folder / "augmentation.config"
    if not built.exists():
        names.write_text("\n".join(NAMES))
        augmentation.write_text(AUGMENTATION)
        save_backbone(backbone)
        loadstone(
            f"build --backbone {{}} --labels {{}} {BUILD} {ANCHORS} --output {{}} --summary", backbone, names, built
        )
    if run.exists():
        loadstone(f"train --resume {{}} --backend {backend}", run)
    else:
        words = f"train --model {{}} --data {{}} {TRAIN} --augment {{}} --backend {backend} --output {{}}"
        loadstone(words, built, folder / "data", augmentation, run)
    return run / "last.keras"


def export(trained: Path, folder: Path, data: Path) -> None:
    """Write the graph, measure it as it will be shipped, and put it into the package with its names and its picture."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    loadstone("export {} --to frozen-graph --output {}", trained, folder / GRAPH)
    shutil.copy(trained.parent / "label_map.pbtxt", folder)
    loadstone(f"eval {{}} --data {{}} --split val --metrics voc,coco --min-map {LEAST_MAP}", folder, data)
    one = scene(np.random.default_rng([SAMPLE_SEED, SAMPLE_NUMBER]), 640, 480, tidy=True)
    Image.fromarray(one.picture).save(folder / "sample.jpg", quality=88)
    shutil.copytree(folder, PACKAGE_FOLDER, dirs_exist_ok=True)
    print(f"\nwrote {', '.join(sorted(path.name for path in folder.iterdir()))} to {PACKAGE_FOLDER}")


def main() -> None:
    """Do everything, in order."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--backend", default="tensorflow", choices=("tensorflow", "jax", "torch"))
    options = parser.parse_args()
    os.environ["KERAS_BACKEND"] = options.backend
    data = options.folder / "data"
    draw_data(data)
    export(train(options.folder, options.backend), options.folder / "graph", data)


if __name__ == "__main__":
    main()
