"""How many steps a detector needs that begins from a checkpoint of other classes, and one that begins from nothing.

    python -m benchmarks.fine_tune WORK CONFIG [--side 160] [--before 16] [--epochs 16] [--figure docs/fine-tuning.svg]

CONFIG is a `pipeline.config`; the zoo's ssd_mobilenet_v2_fpnlite_320x320 is what the page shows. First a detector of
four classes (ball, mug, key, clock) is trained from the configuration's initial values and exported as the object-graph
checkpoint that the original API writes. Then detectors of two other classes (face, road sign) are trained, with the
same pictures, options and seed: one from that checkpoint, one from nothing. Their batch norms' decay is 0.97: the
zoo's 0.997 is for trainings of tens of thousands of steps, and after hundreds still holds what it began with.
Every step is a command of Loadstone's, all pictures are drawn by `tools/make_practice_pictures.py`, and a second call
goes on where the last one stopped. Printed is mAP@0.5 on pictures held out after each epoch, and the share of the
steps after which the first is as good as the second ever becomes.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from loadstone.report.training_plot import training_svg
from loadstone.training.run.logs import read_table

KNOWN = ("ball", "mug", "key", "clock")
NEW = ("face", "road sign")
BATCH = 8
COLUMN = "DetectionBoxes_Precision/mAP@.50IOU"

Curve = list[tuple[float, float]]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--pictures", type=int, default=480)
    parser.add_argument("--before", type=int, default=16, help="epochs of the detector that is tuned")
    parser.add_argument("--epochs", type=int, default=16, help="epochs of the two that are compared")
    parser.add_argument("--backend", default="tensorflow")
    parser.add_argument("--figure", type=Path)
    arguments = parser.parse_args()
    work: Path = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    for name, classes, seed in (("known", KNOWN, "1"), ("new", NEW, "2")):
        _draw(work / name, classes, seed, arguments)
    nothing = work / "from-nothing.config"
    text = re.sub(r"(?m)^\s*fine_tune_checkpoint\w*:.*\n", "", arguments.config.read_text())
    nothing.write_text(re.sub(r"(?m)^(\s*decay: )0\.99\d*", r"\g<1>0.97", text))
    before, checkpoint = work / "runs" / "before", work / "checkpoint"
    _train(before, "--config", nothing, "known", arguments.before, arguments)
    if not checkpoint.exists():
        _loadstone("export", str(before / "best.keras"), "--to", "checkpoint", "--output", str(checkpoint))
    curves = {}
    for name, flag, source in (("checkpoint", "--model", checkpoint), ("nothing", "--config", nothing)):
        run = work / "runs" / name
        _train(run, flag, source, "new", arguments.epochs, arguments)
        curves[f"from {name}"] = _curve(run)
    _say(curves)
    if arguments.figure:
        losses = {f"from {name}": _losses(work / "runs" / name) for name in ("checkpoint", "nothing")}
        arguments.figure.write_text(training_svg(losses, curves))
    return 0


def _draw(folder: Path, classes: tuple[str, ...], seed: str, arguments: argparse.Namespace) -> None:
    if not folder.exists():
        words = ["tools/make_practice_pictures.py", str(folder), "--classes", *classes, "--seed", seed]
        words += ["--train", str(arguments.pictures), "--val", "120", "--size", str(arguments.side)]
        subprocess.run([sys.executable, *words, "--smallest", "0.15", "--easy"], check=True)


def _train(run: Path, flag: str, source: Path, data: str, epochs: int, arguments: argparse.Namespace) -> None:
    """Train, or go on; a training that is over is over at once."""
    if (run / "last.safetensors").exists():
        _loadstone("train", "--resume", str(run), "--backend", arguments.backend)
        return
    words = ["--data", str(arguments.work / data), "--epochs", str(epochs), "--batch", str(BATCH), "--lr", "0.02"]
    words += ["--schedule", "cosine", "--warmup", "60", "--input-size", str(arguments.side), "--output", str(run)]
    _loadstone("train", flag, str(source), *words, "--backend", arguments.backend)


def _loadstone(*words: str) -> None:
    print("loadstone", *words, flush=True)
    environment = {**os.environ, "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "tensorflow")}
    subprocess.run([sys.executable, "-m", "loadstone", *words], check=True, env=environment)


def _curve(run: Path) -> Curve:
    return [(float(row["steps"]), float(row[COLUMN] or 0)) for row in read_table(run / "epochs.csv")]


def _losses(run: Path) -> Curve:
    return [(float(row["steps"]), float(row["Loss/total_loss"])) for row in read_table(run / "epochs.csv")]


def _say(curves: dict[str, Curve]) -> None:
    print("| steps | " + " | ".join(curves) + " |\n|---|" + "---|" * len(curves))
    for rows in zip(*curves.values(), strict=True):
        print(f"| {rows[0][0]:.0f} | " + " | ".join(f"{value:.3f}" for _, value in rows) + " |")
    tuned, anew = curves["from checkpoint"], curves["from nothing"]
    step, best = max(anew, key=lambda point: point[1])
    reached = next((at for at, value in tuned if value >= best), None)
    print(f"from nothing {best:.3f} after {step:.0f} steps, from the checkpoint ", end="")
    print("never" if reached is None else f"after {reached:.0f}: {reached / step:.2f} of them")


if __name__ == "__main__":
    sys.exit(main())
