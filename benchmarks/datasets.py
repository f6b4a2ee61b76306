"""Reading annotations and streaming pictures, beside pycocotools and TensorFlow on the same files.

    python -m benchmarks.datasets [--pictures 2000] [--side 640] [--threads 2] [--rounds 3]

Made in a temporary folder: a COCO document of `--pictures` pictures with seven objects and their outlines, and the
same as TFRecords with JPEGs of `--side`. Timed in turns in one process, medians of wall-clock seconds:

* `open coco`: `open_dataset` of the folder, and `pycocotools.COCO` of the document;
* `open records`: `open_dataset` of the records (annotations only), and TensorFlow reading each record and parsing the
  same features with `parse_single_example`;
* `stream`: batches of eight pictures of 320 × 320, decoded and resized, by `Stream` and by `tf.data` with as many
  parallel calls.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.clock import medians
from loadstone.datasets.convert import convert
from loadstone.datasets.find import open_dataset
from loadstone.datasets.samples import Samples
from loadstone.datasets.stream import Stream
from loadstone.detectors.interpolate import bilinear
from loadstone.facts.dataset import Sample

OBJECTS = 7
CORNERS = 25
INPUT = 320
BATCH = 8


def lay_out(root: Path, pictures: int, side: int) -> None:
    """Write the COCO folder and the records made of it."""
    random = np.random.default_rng(0)
    (root / "coco" / "images").mkdir(parents=True)
    images = [{"id": at, "file_name": f"{at:06d}.jpg", "width": side, "height": side} for at in range(pictures)]
    annotations: list[dict[str, Any]] = []
    encoded = [_jpeg(random, side) for _ in range(16)]
    for at in range(pictures):
        (root / "coco" / "images" / f"{at:06d}.jpg").write_bytes(encoded[at % len(encoded)])
        for _ in range(OBJECTS):
            box = (random.random(4) * side / 2).round(2).tolist()
            outline = (random.random(2 * CORNERS) * side).round(2).tolist()
            entry = {"id": len(annotations), "image_id": at, "category_id": 1 + len(annotations) % 80, "iscrowd": 0}
            annotations.append({**entry, "bbox": box, "area": box[2] * box[3], "segmentation": [outline]})
    categories = [{"id": number, "name": f"class {number}"} for number in range(1, 81)]
    document = {"images": images, "annotations": annotations, "categories": categories}
    (root / "coco" / "instances.json").write_text(json.dumps(document))
    convert(open_dataset(root / "coco"), to="tfrecord", output=root / "records")


def _jpeg(random: np.random.Generator, side: int) -> bytes:
    small = random.integers(0, 256, (side // 8, side // 8, 3)).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()


def ours(root: Path, threads: int) -> dict[str, Callable[[], object]]:
    """Return what we do, by name."""
    records = open_dataset(root / "records")

    def prepare(sample: Sample, random: np.random.Generator) -> Mapping[str, npt.NDArray[Any]]:
        return {"image": bilinear(sample.image, INPUT, INPUT)}

    def stream() -> None:
        made = Stream(Samples(records.examples), prepare, BATCH, threads=threads)
        for _ in made.epoch(0):
            pass

    return {
        "open coco": lambda: open_dataset(root / "coco"),
        "open records": lambda: open_dataset(root / "records"),
        "stream": stream,
    }


def theirs(root: Path, threads: int) -> dict[str, Callable[[], object]]:
    """Return what pycocotools and TensorFlow do, by the same names."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf
    from pycocotools.coco import COCO

    path = str(root / "records" / "data.record")
    sides = [f"image/object/bbox/{side}" for side in ("xmin", "ymin", "xmax", "ymax")]
    listed = {name: tf.io.VarLenFeature(tf.float32) for name in (*sides, "image/object/area")}
    listed |= {
        f"image/object/{name}": tf.io.VarLenFeature(tf.int64) for name in ("class/label", "is_crowd", "difficult")
    }
    listed |= {"image/object/class/text": tf.io.VarLenFeature(tf.string)}
    listed |= {name: tf.io.FixedLenFeature((), tf.int64) for name in ("image/width", "image/height")}
    picture = {"image/encoded": tf.io.FixedLenFeature((), tf.string)}

    def coco() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            COCO(str(root / "coco" / "instances.json"))

    def records() -> None:
        parsed = tf.data.TFRecordDataset(path).map(lambda record: tf.io.parse_single_example(record, listed))
        for _ in parsed:
            pass

    def decoded(record: Any) -> Any:
        image = tf.io.decode_jpeg(tf.io.parse_single_example(record, picture)["image/encoded"], channels=3)
        return tf.image.resize(image, (INPUT, INPUT))

    def stream() -> None:
        made = tf.data.TFRecordDataset(path).map(decoded, num_parallel_calls=threads).batch(BATCH).prefetch(2)
        for _ in made:
            pass

    return {"open coco": coco, "open records": records, "stream": stream}


def main() -> int:
    """Run and print a row for each comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--side", type=int, default=640)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        lay_out(root, arguments.pictures, arguments.side)
        calls = {f"{name}: ours": call for name, call in ours(root, arguments.threads).items()}
        calls |= {f"{name}: theirs": call for name, call in theirs(root, arguments.threads).items()}
        found = medians(calls, arguments.rounds)
    print(f"{arguments.pictures:,} pictures of {arguments.side}², {arguments.threads} threads; seconds, medians")
    for name in ("open coco", "open records", "stream"):
        mine, other = found[f"{name}: ours"], found[f"{name}: theirs"]
        print(f"{name:<14} ours {mine:7.2f}   theirs {other:7.2f}   ratio {mine / other:5.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
