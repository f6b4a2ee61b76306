"""Each head on each backbone, trained on drawn pictures: its mAP@0.5 beside an untrained one's, and ten losses alike.

    python -m benchmarks.train_heads WORK [--heads ...] [--backbones ...] [--epochs 10] [--backend tensorflow]
    python -m benchmarks.train_heads WORK --losses [--heads ...] [--backbones ...]

WORK keeps the pictures (`tools/make_practice_pictures.py`, drawn once), each run's folder and a line a result, and a
second call goes on from there; a run that was stopped is taken up where it was. Backbones begin with random weights, so
that nothing is downloaded: with ImageNet's, detectors come further in fewer steps. Printed are tables in Markdown.
With `--losses` the first ten losses are compared between the three backends, at the rates that these steps have in the
warm-up of a training of usual length, from the trained detector where there is one: the largest difference, relative
to the loss. From random weights at the highest rate, rounding grows to 1 % within ten steps, whatever the backend:
weights changed by 1e-6 of themselves do the same.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HEADS = ("ssd", "retinanet", "faster-rcnn", "yolo", "centernet")
BACKBONES = ("MobileNetV2", "ResNet50", "EfficientNetB0", "InceptionV3")
BACKENDS = ("tensorflow", "torch", "jax")
CLASSES = ("ball", "road sign")
SIDE = 128
BATCH = 8
RATES = {"ssd": 0.001, "retinanet": 0.02, "faster-rcnn": 0.02, "yolo": 0.01, "centernet": 0.001}
"""Highest learning rates: the zoo's are for backbones that were trained before."""

OPTIMIZERS = {"ssd": "adam"}
"""Others than the family's own. A backbone of random weights with batch norms begins with gradients of many times the
clipped norm in its first layers (InceptionV3: 237 on average over 40 steps, clipped at 10); a head is left little."""

WARMED = 10 / 500
"""The share of the highest rate that the tenth of 500 steps of warm-up has reached."""


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--heads", nargs="+", choices=HEADS, default=HEADS)
    parser.add_argument("--backbones", nargs="+", default=BACKBONES)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--pictures", type=int, default=640)
    parser.add_argument("--backend", choices=BACKENDS, default="tensorflow")
    parser.add_argument("--losses", action="store_true")
    parser.add_argument("--child", nargs=3, metavar=("HEAD", "BACKBONE", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        (_losses_child if arguments.losses else _child)(arguments, *arguments.child)
        return 0
    name, pictures = ("few", 10 * BATCH) if arguments.losses else ("pictures", arguments.pictures)
    _draw(arguments.work / name, pictures)
    results = arguments.work / ("losses.jsonl" if arguments.losses else "results.jsonl")
    for backbone in arguments.backbones:
        for head in arguments.heads:
            if (head, backbone) not in _known(results):
                found = (_losses if arguments.losses else _train)(arguments, head, backbone)
                with results.open("a") as lines:
                    lines.write(json.dumps({"head": head, "backbone": backbone, **found}) + "\n")
                print(head, backbone, found, flush=True)
    _table(_known(results), "difference" if arguments.losses else "trained")
    return 0


def _draw(folder: Path, pictures: int) -> None:
    if not folder.exists():
        words = [sys.executable, "tools/make_practice_pictures.py", str(folder), "--easy", "--classes", *CLASSES]
        words += ["--train", str(pictures), "--val", "100", "--size", str(SIDE), "--smallest", "0.2"]
        subprocess.run(words, check=True)


def _known(results: Path) -> dict[tuple[str, str], dict[str, Any]]:
    rows = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    return {(row["head"], row["backbone"]): row for row in rows}


def _table(known: dict[tuple[str, str], dict[str, Any]], field: str) -> None:
    backbones = list(dict.fromkeys(backbone for _, backbone in known))
    print("| head | " + " | ".join(backbones) + " |\n|---|" + "---|" * len(backbones))
    for head in HEADS:
        cells = (known.get((head, backbone)) for backbone in backbones)
        print(f"| `{head}` | " + " | ".join("" if cell is None else _cell(cell, field) for cell in cells) + " |")


def _cell(row: dict[str, Any], field: str) -> str:
    return f"{row[field]:.1e}" if field == "difference" else f"{row['untrained']:.3f} → {row['trained']:.3f}"


def _run(arguments: argparse.Namespace, backend: str, words: list[str]) -> None:
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    own = [sys.executable, "-m", "benchmarks.train_heads", str(arguments.work), "--epochs", str(arguments.epochs)]
    done = subprocess.run([*own, *words], env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-4000:])


def _train(arguments: argparse.Namespace, head: str, backbone: str) -> dict[str, Any]:
    folder = arguments.work / f"{head}-{backbone}"
    began = time.monotonic()
    _run(arguments, arguments.backend, ["--child", head, backbone, str(folder)])
    return {**json.loads((folder / "result.json").read_text()), "seconds": round(time.monotonic() - began)}


def _built(arguments: argparse.Namespace, head: str, backbone: str) -> Path:
    """Return the file of the detector before training, the same for every backend."""
    path: Path = arguments.work / "built" / f"{head}-{backbone}.keras"
    if not path.exists():
        import keras

        import loadstone

        path.parent.mkdir(exist_ok=True)
        keras.utils.set_random_seed(1)
        loadstone.build(head, backbone, len(CLASSES), SIDE, weights=None, width=64, labels=CLASSES).save(path)
    return path


def _child(arguments: argparse.Namespace, head: str, backbone: str, folder: str) -> None:
    """Train one in this process and measure it, on the validation pictures, before and after."""
    import loadstone

    data, run, built = arguments.work / "pictures", Path(folder) / "run", _built(arguments, head, backbone)
    if (run / "last.safetensors").exists():
        done = loadstone.resume_training(run, tell=lambda _: None)
    else:
        options: dict[str, Any] = {"epochs": arguments.epochs, "batch": BATCH, "rate": RATES[head]}
        options["optimizer"] = OPTIMIZERS.get(head)
        done = loadstone.train(built, data, validation="none", output=run, tell=lambda _: None, **options)
    if done.ending != "done":
        raise SystemExit(f"stopped after step {done.steps:,}; the next call goes on")
    trained, untrained = (
        loadstone.evaluate(model, data, split="val").metrics[0].values["DetectionBoxes_Precision/mAP@.50IOU"]
        for model in (run / "last.keras", built)
    )
    (Path(folder) / "result.json").write_text(json.dumps({"untrained": untrained, "trained": trained}))


def _losses(arguments: argparse.Namespace, head: str, backbone: str) -> dict[str, Any]:
    """Return how far the first ten losses of the backends are apart: the largest difference over the loss."""
    rows = {}
    for backend in BACKENDS:
        folder = arguments.work / f"losses-{head}-{backbone}-{backend}"
        _run(arguments, backend, ["--losses", "--child", head, backbone, str(folder)])
        with (folder / "steps.csv").open() as lines:
            rows[backend] = [float(row["Loss/total_loss"]) for row in csv.DictReader(lines)]
    first = rows[BACKENDS[0]]
    apart = {name: max(abs(a - b) / abs(a) for a, b in zip(first, row, strict=True)) for name, row in rows.items()}
    return {"difference": max(apart.values()), "apart": apart, "losses": first}


def _losses_child(arguments: argparse.Namespace, head: str, backbone: str, folder: str) -> None:
    """Take ten steps in this process, from the same start on every backend."""
    import loadstone

    options: dict[str, Any] = {"epochs": 1, "batch": BATCH, "rate": RATES[head] * WARMED, "warmup": 9}
    options["optimizer"] = OPTIMIZERS.get(head)
    data, trained = arguments.work / "few", arguments.work / f"{head}-{backbone}" / "run" / "last.keras"
    start = trained if trained.exists() else _built(arguments, head, backbone)
    loadstone.train(start, data, validation="none", output=folder, tell=lambda _: None, **options)


if __name__ == "__main__":
    sys.exit(main())
