"""Make the detector that `loadstone demo` runs: draw its pictures, train it, measure it, write it.

    python tools/make_demo_detector.py WORK_FOLDER [--epochs 14] [--threads 2]

Needs TensorFlow (a development dependency); the package only carries the result. Everything is drawn and trained here:
the data is `demo_pictures.py`, the network is `demo_network.py`, and the seeds below are fixed.
Checkpoints after every epoch lie in WORK_FOLDER, and a second run goes on from the last one.
Writes `frozen_inference_graph.pb`, `label_map.pbtxt` and the sample picture into `src/loadstone/demo/`,
and prints the average precision on pictures that training never saw.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from demo_network import SIDE, anchors, corners, detections, encode, folded, frozen_graph, network
from demo_objects import NAMES
from demo_pictures import Scene, scene
from PIL import Image

TRAIN_SEED, HELD_OUT_SEED, SAMPLE_SEED = 20261, 20262, 20263
SAMPLE_NUMBER = 11
TRAIN_COUNT, HELD_OUT_COUNT = 5000, 400
MOST_OBJECTS = 6
BATCH = 16
PEAK_RATE, WARM_UP_STEPS = 2e-3, 300
POSITIVE_IOU, NEGATIVE_IOU = 0.5, 0.4
PACKAGE_FOLDER = Path(__file__).parent.parent / "src" / "loadstone" / "demo"


def small_scene(seed: int, index: int) -> Scene:
    """Draw one scene and bring it to the network's size, half of them smoothly, half with the jaggies of no filter."""
    rng = np.random.default_rng([seed, index])
    drawn = int(rng.choice([SIDE, 200, 240]))
    one = scene(rng, drawn, drawn)
    if rng.random() < 0.5:
        pixels = np.asarray(Image.fromarray(one.picture).resize((SIDE, SIDE), Image.Resampling.BOX))
    else:
        pick = (np.arange(SIDE) + 0.5) * drawn / SIDE
        pixels = one.picture[pick.astype(int)][:, pick.astype(int)]
    return Scene(pixels, one.boxes * (SIDE / drawn), one.class_ids)


def data_set(folder: Path, name: str, *, seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pictures uint8 (M, 160, 160, 3), boxes (M, 6, 4) and class ids (M, 6), 0 where there is no object."""
    path = folder / f"{name}.npz"
    if not path.exists():
        pictures = np.zeros((count, SIDE, SIDE, 3), np.uint8)
        boxes = np.zeros((count, MOST_OBJECTS, 4), np.float32)
        class_ids = np.zeros((count, MOST_OBJECTS), np.int64)
        for index in range(count):
            one = small_scene(seed, index)
            pictures[index] = one.picture
            boxes[index, : len(one.boxes)] = one.boxes
            class_ids[index, : len(one.class_ids)] = one.class_ids
        np.savez(path, pictures=pictures, boxes=boxes, class_ids=class_ids)
    with np.load(path) as stored:
        return stored["pictures"], stored["boxes"], stored["class_ids"]


def overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return intersection over union (N, M) of two sets of xyxy boxes."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (first, second)]
    return np.asarray(shared / np.maximum(areas[0][:, None] + areas[1][None, :] - shared, 1e-9))


def targets(boxes: np.ndarray, class_ids: np.ndarray, priors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give each anchor a class (0 background, -1 ignored) and the code of its object."""
    present = class_ids > 0
    labels = np.zeros(len(priors), np.int64)
    codes = np.zeros((len(priors), 4), np.float32)
    if not present.any():
        return labels, codes
    boxes, class_ids = boxes[present], class_ids[present]
    overlap = overlaps(corners(priors), boxes)
    owner, best = overlap.argmax(1), overlap.max(1)
    forced = overlap.argmax(0)
    owner[forced], best[forced] = np.arange(len(boxes)), 1.0
    labels[best >= NEGATIVE_IOU] = -1
    positive = best >= POSITIVE_IOU
    labels[positive] = class_ids[owner[positive]]
    codes[positive] = encode(boxes[owner[positive]], priors[positive])
    return labels, codes


def batch_of(
    data: tuple[np.ndarray, np.ndarray, np.ndarray], rows: np.ndarray, rng: np.random.Generator, priors: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gather rows, mirror half of them, vary brightness, contrast and tint, and match the anchors."""
    pictures = data[0][rows].astype(np.float32) / 127.5 - 1.0
    boxes = data[1][rows].copy()
    for index in np.flatnonzero(rng.random(len(rows)) < 0.5):
        pictures[index] = pictures[index, :, ::-1]
        boxes[index, :, [0, 2]] = SIDE - boxes[index, :, [2, 0]]
    contrast = rng.uniform(0.7, 1.3, (len(rows), 1, 1, 1))
    tint = rng.uniform(-0.2, 0.2, (len(rows), 1, 1, 1)) + rng.uniform(-0.08, 0.08, (len(rows), 1, 1, 3))
    pictures = np.clip(pictures * contrast + tint, -1, 1).astype(np.float32)
    matched = [targets(box, ids, priors) for box, ids in zip(boxes, data[2][rows], strict=True)]
    return pictures, np.stack([labels for labels, _ in matched]), np.stack([codes for _, codes in matched])


def loss_of(logits: tf.Tensor, codes: tf.Tensor, labels: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    """Focal loss on scores plus Huber loss on the codes of positive anchors, each per positive anchor."""
    positive = tf.cast(labels > 0, tf.float32)
    count = tf.maximum(tf.reduce_sum(positive), 1.0)
    truth = tf.one_hot(labels - 1, len(NAMES))
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(truth, logits)
    chance = tf.sigmoid(logits)
    miss = truth * (1 - chance) + (1 - truth) * chance
    weight = (0.25 * truth + 0.75 * (1 - truth)) * miss**2 * tf.cast(labels >= 0, tf.float32)[..., None]
    distance = tf.abs(codes - wanted)
    huber = tf.where(distance < 1.0, 0.5 * distance**2, distance - 0.5)
    return (tf.reduce_sum(weight * entropy) + tf.reduce_sum(huber * positive[..., None]) * 0.3) / count


def train(model: keras.Model, data: tuple[np.ndarray, np.ndarray, np.ndarray], folder: Path, *, epochs: int) -> None:
    """Train with Adam on a cosine schedule; go on from the last checkpoint in `folder`."""
    steps = len(data[0]) // BATCH
    optimizer = keras.optimizers.Adam(PEAK_RATE, global_clipnorm=10.0)
    optimizer.build(model.trainable_variables)
    done = tf.Variable(0, dtype=tf.int64)
    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(model=model, optimizer=optimizer, done=done), str(folder / "checkpoints"), max_to_keep=2
    )
    manager.restore_or_initialize()
    priors = anchors()

    @tf.function
    def step(pictures: tf.Tensor, labels: tf.Tensor, codes: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            logits, found = model(pictures, training=True)
            loss = loss_of(logits, found, labels, codes)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    for epoch in range(int(done.numpy()), epochs):
        rng = np.random.default_rng([TRAIN_SEED, 1, epoch])
        order, losses, began = rng.permutation(len(data[0])), [], time.process_time()
        for number in range(steps):
            optimizer.learning_rate.assign(_rate(epoch * steps + number, epochs * steps))
            batch = batch_of(data, order[number * BATCH : (number + 1) * BATCH], rng, priors)
            losses.append(float(step(*batch)))
            if number % 50 == 49:
                print(f"  step {number + 1}/{steps}  loss {np.mean(losses[-50:]):.3f}", flush=True)
        done.assign(epoch + 1)
        manager.save()
        spent = time.process_time() - began
        print(f"epoch {epoch + 1}/{epochs}  loss {np.mean(losses):.3f}  {spent:.0f} CPU s", flush=True)


def _rate(step: int, total: int) -> float:
    if step < WARM_UP_STEPS:
        return PEAK_RATE * (step + 1) / WARM_UP_STEPS
    return PEAK_RATE * 0.5 * (1 + math.cos(math.pi * step / total)) + 1e-5


def average_precision(model: keras.Model, data: tuple[np.ndarray, np.ndarray, np.ndarray]) -> dict[str, float]:
    """Return AP at IoU 0.5 (area under the precision envelope) for each class, through the exported path."""
    plain = folded(model)
    run = tf.function(lambda image: detections(plain, image))
    found: list[list[tuple[float, bool]]] = [[] for _ in NAMES]
    for picture, boxes, class_ids in zip(*data, strict=True):
        result = {name: value.numpy() for name, value in run(picture[None]).items()}
        boxes_found = result["detection_boxes"][0][:, [1, 0, 3, 2]] * SIDE
        overlap = overlaps(boxes_found, boxes)
        taken: set[int] = set()
        for row in np.argsort(-result["detection_scores"][0]):
            class_id = int(result["detection_classes"][0][row])
            hits = [(overlap[row, k], int(k)) for k in np.flatnonzero(class_ids == class_id) if k not in taken]
            best = max(hits, default=(0.0, -1))
            right = best[0] >= 0.5
            taken |= {best[1]} if right else set()
            found[class_id - 1].append((float(result["detection_scores"][0][row]), right))
    truth = [int((data[2] == class_id).sum()) for class_id in range(1, len(NAMES) + 1)]
    return {name: _area(rows, total) for name, rows, total in zip(NAMES, found, truth, strict=True)}


def _area(rows: list[tuple[float, bool]], total: int) -> float:
    right = np.cumsum([hit for _, hit in sorted(rows, reverse=True)])
    precision = right / np.arange(1, len(right) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.diff(right, prepend=0) / max(total, 1)
    return float((envelope * steps).sum())


def write(model: keras.Model) -> None:
    """Write the graph, the label map and the sample picture into the package."""
    PACKAGE_FOLDER.mkdir(exist_ok=True)
    graph = frozen_graph(model)
    (PACKAGE_FOLDER / "frozen_inference_graph.pb").write_bytes(graph)
    items = [f"item {{\n  id: {number}\n  name: '{name}'\n}}\n" for number, name in enumerate(NAMES, 1)]
    (PACKAGE_FOLDER / "label_map.pbtxt").write_text("".join(items))
    draw_sample(PACKAGE_FOLDER)
    print(f"wrote {len(graph):,} bytes of graph to {PACKAGE_FOLDER.name}/")


def draw_sample(folder: Path) -> None:
    """Draw the picture that the demo shows; its seed is in no training data."""
    one = scene(np.random.default_rng([SAMPLE_SEED, SAMPLE_NUMBER]), 640, 480, tidy=True)
    Image.fromarray(one.picture).save(folder / "sample.jpg", quality=88)


def main() -> None:
    """Do everything, in order."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(TRAIN_SEED)
    model = network()
    print(f"{model.count_params():,} parameters", flush=True)
    train(
        model,
        data_set(options.folder, "train", seed=TRAIN_SEED, count=TRAIN_COUNT),
        options.folder,
        epochs=options.epochs,
    )
    held_out = data_set(options.folder, "held_out", seed=HELD_OUT_SEED, count=HELD_OUT_COUNT)
    precision = average_precision(model, held_out)
    for name, value in precision.items():
        print(f"{name:10} AP@0.5 {value:.3f}")
    print(f"mAP@0.5 {np.mean(list(precision.values())):.3f} on {HELD_OUT_COUNT} held-out pictures")
    write(model)


if __name__ == "__main__":
    main()
