"""Make annotated pictures to practise on: a COCO dataset of drawn objects, with train and validation apart.

    python tools/make_practice_pictures.py FOLDER [--faces | --classes face ball "road sign"] [--train 400] [--val 100]
                                           [--size 320] [--smallest 0.05] [--largest 0.7] [--seed 1] [--easy]

Nothing is downloaded: every picture is drawn here, by `demo_pictures.py`. The same options give the same bytes (with
the same Pillow). Grounds, clutter, light, noise, scale, turn, overlap, occlusion, objects cut by the picture's edge and
decoys that resemble the classes are drawn anew for each picture, so that a detector has something to learn; `--easy`
leaves out decoys, occlusion, cut objects and dim light.

The folder gets `images/` (JPEG) and `annotations/instances_train.json` and `instances_val.json`.
From Python: `practice_scene` draws one picture, `write_dataset` writes them.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from coco_folder import write_split
from demo_objects import MORE_PAINTERS
from demo_pictures import Recipe, Scene, scene

CLASSES = ("face", "ball", "road sign")
#: Width and height of a picture as parts of the size that was asked for: square, landscape and portrait.
SHAPES = ((1.0, 1.0), (1.0, 0.75), (0.75, 1.0))


@dataclass(frozen=True, slots=True)
class Practice:
    """What to draw. `smallest` and `largest` are an object's side as a part of the picture's shorter side.

    `size` is the longer side in pixels. An `easy` picture has neither decoys nor occlusion, cut objects nor dim light.
    """

    classes: tuple[str, ...] = CLASSES
    size: int = 320
    smallest: float = 0.05
    largest: float = 0.7
    easy: bool = False
    seed: int = 1

    def recipe(self) -> Recipe:
        """Return the recipe: every other thing that can be drawn is a decoy."""
        least = max(6, round(self.size * 0.03))
        if self.easy:
            return Recipe(self.classes, smallest=self.smallest, largest=self.largest, least_side=least, objects=(1, 3))
        return Recipe(
            names=self.classes,
            decoys=tuple(name for name in MORE_PAINTERS if name not in self.classes),
            objects=(0, 6),
            most_decoys=3,
            smallest=self.smallest,
            largest=self.largest,
            least_side=least,
            past_edge=0.35,
            occluders=3,
            dimmest=0.45,
        )


def practice_scene(practice: Practice, split: int, index: int) -> Scene:
    """Draw picture `index` of a split (0 train, 1 val); the same three values always give the same pixels."""
    rng = np.random.default_rng([practice.seed, split, index])
    shape = SHAPES[int(rng.integers(len(SHAPES)))]
    width, height = (round(practice.size * part) for part in shape)
    return scene(rng, width, height, recipe=practice.recipe())


def write_dataset(folder: Path, practice: Practice, *, train: int, val: int) -> None:
    """Write the pictures of both splits and their annotations. Raises `FileExistsError` where some lie there."""
    (folder / "annotations").mkdir(parents=True)
    for number, (name, count) in enumerate((("train", train), ("val", val))):
        scenes = (practice_scene(practice, number, index) for index in range(count))
        write_split(folder, name, scenes, classes=practice.classes)


def main(words: list[str] | None = None) -> int:
    """Write the dataset that the options ask for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--classes", nargs="+", choices=[*MORE_PAINTERS], metavar="NAME", help=", ".join(MORE_PAINTERS))
    kinds.add_argument("--faces", action="store_true", help="faces only; all else are decoys")
    parser.add_argument("--train", type=int, default=400, help="pictures to train on (400)")
    parser.add_argument("--val", type=int, default=100, help="pictures to validate on (100)")
    parser.add_argument("--size", type=int, default=320, help="longer side in pixels (320)")
    parser.add_argument("--smallest", type=float, default=0.05, help="part of the shorter side (0.05)")
    parser.add_argument("--largest", type=float, default=0.7, help="part of the shorter side (0.7)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--easy", action="store_true", help="no decoys, occlusion, cut objects or dim light")
    options = parser.parse_args(words)
    classes = ("face",) if options.faces else tuple(options.classes or CLASSES)
    practice = Practice(classes, options.size, options.smallest, options.largest, options.easy, options.seed)
    try:
        write_dataset(options.folder, practice, train=options.train, val=options.val)
    except FileExistsError:
        print(f"error     {options.folder}: it has annotations already; name another folder", file=sys.stderr)
        return 1
    print(f"wrote {options.train:,} + {options.val:,} pictures of {', '.join(classes)} to {options.folder}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
