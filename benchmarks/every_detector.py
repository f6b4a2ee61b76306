"""Each architecture's whole path, pixels to boxes, against TensorFlow on the layers of its network alone.

    python -m benchmarks.every_detector CONFIG... [--rounds 2] [--threads 2] [--size 640 480]

CONFIG is a `pipeline.config`; the weights are random, of the size that keeps a signal's. The exported graphs of most
architectures are not to be had any more, but each holds the layers of its network, so that TensorFlow's time on these
layers is less than its time on any export: on the Keras model, as one function, the picture scaled before. Of two-stage
detectors these are the stages, without what is between them: the second on as many regions as the first may propose,
with masks also on as many boxes as are kept, the third on these. Ours is `detect`, with preprocessing, suppression and
the making of boxes, in a process of its own. `python -m benchmarks.rebuilt` compares with whole exports, TensorFlow's
suppression included.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PICTURES = 7
"""Runs that a median is taken of, after two that are not counted; fewer where they would take longer than ENOUGH."""

ENOUGH = 20.0
"""Seconds."""


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configs", type=Path, nargs="+", metavar="CONFIG")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", type=int, nargs=2, default=(640, 480), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--child", choices=tuple(SIDES), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        SIDES[arguments.child](arguments)
        return 0
    slower = 0
    for config in arguments.configs:
        with tempfile.TemporaryDirectory() as home:
            _child(arguments, "write", config, home)
            rows: dict[str, list[float]] = {"tensorflow": [], "ours": []}
            for _ in range(arguments.rounds):
                for side, taken in rows.items():
                    taken.append(float(_child(arguments, side, config, home)))
        theirs, ours = (statistics.median(rows[side]) for side in ("tensorflow", "ours"))
        slower += ours > theirs
        print(
            f"{config.stem:<58} TensorFlow, its layers {theirs * 1000:8.1f} ms   "
            f"ours, whole {ours * 1000:8.1f} ms   {theirs / ours:4.1f}×",
            flush=True,
        )
    print(f"{slower} of {len(arguments.configs)} slower than TensorFlow")
    return 0


def _child(arguments: argparse.Namespace, side: str, config: Path, home: str) -> str:
    environment = {
        **os.environ,
        "LOADSTONE_HOME": home,
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_NUM_INTRAOP_THREADS": str(arguments.threads),
    }
    words = [sys.executable, "-m", "benchmarks.every_detector", str(config), "--child", side]
    words += ["--size", *map(str, arguments.size), "--threads", str(arguments.threads)]
    done = subprocess.run(words, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{config}: {done.stderr[-3000:]}")
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def _saved() -> Path:
    return Path(os.environ["LOADSTONE_HOME"]) / "random.keras"


def _picture(arguments: argparse.Namespace) -> Any:
    import numpy as np

    width, height = arguments.size
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)


def _seconds(run: Callable[[], object]) -> float:
    """Return the median of some runs, after two."""
    run()
    began = time.perf_counter()
    run()
    once = time.perf_counter() - began
    taken = []
    for _ in range(max(1, min(PICTURES, int(ENOUGH / once)))):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _write(arguments: argparse.Namespace) -> None:
    """Write the detector that the configuration describes, with random kernels, as a `.keras` file.

    Their deviation is He's, √(2 / inputs): with the initial ones of many configurations all scores come out equal.
    """
    import numpy as np

    from loadstone.runtime.described import read_config
    from loadstone.runtime.keras.keras_detector import keras_model_of
    from loadstone.runtime.save_keras import save_keras
    from loadstone.training.setup.starting import from_config

    (config,) = arguments.configs
    rebuilt = from_config(read_config(config), str(config))
    random = np.random.default_rng(3)
    for key, variable in rebuilt.blueprint.variables.items():
        if len(shape := variable.shape) == 4:
            inputs = shape[0] * shape[1] * (1 if "depthwise" in key else shape[2])
            rebuilt.values[key][...] = random.normal(0, np.sqrt(2 / inputs), shape)
    save_keras(rebuilt, keras_model_of(rebuilt), _saved())


def _ours(arguments: argparse.Namespace) -> None:
    """Print the seconds of a picture through `detect`."""
    import loadstone

    model, picture = loadstone.load(_saved()), _picture(arguments)
    print(_seconds(lambda: model.detect(picture, conf=0.0)))


def _tensorflow(arguments: argparse.Namespace) -> None:
    """Print the seconds of TensorFlow on the layers of the network: of each stage, where there are several."""
    import numpy as np

    from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
    from loadstone.detectors.preprocess import preprocess
    from loadstone.runtime.keras.keras_detector import keras_model_of
    from loadstone.runtime.rebuilt import rebuild_source

    rebuilt = rebuild_source(str(_saved()))
    blueprint, model = rebuilt.blueprint, keras_model_of(rebuilt)
    scaled = preprocess(_picture(arguments), blueprint.resizer, blueprint.normalisation).image[None]
    if not isinstance(blueprint, FasterRcnnBlueprint):
        print(_seconds(_function(model, np.ascontiguousarray(scaled))))
        return
    stages = [(model.first_stage, scaled)]
    proposed, kept = blueprint.proposals.count, blueprint.suppression.max_total
    masked = getattr(model, "third_stage", None) is not None
    # The original looks once more at the final boxes before it draws their masks (ARCHITECTURES.md; so do we).
    for stage, count in (("second_stage", proposed + kept * masked), ("third_stage", kept)):
        if (part := getattr(model, stage, None)) is not None:
            shape = (count, *part.inputs[0].shape[1:])
            stages.append((part, np.random.default_rng(2).normal(size=shape).astype(np.float32)))
    runs = [_function(part, np.ascontiguousarray(given)) for part, given in stages]
    print(_seconds(lambda: [run() for run in runs]))


def _function(model: Any, given: Any) -> Callable[[], object]:
    """Return a run of the model as one TensorFlow function, its outputs as arrays."""
    import tensorflow as tf

    call = tf.function(lambda value: model(value, training=False))
    value = tf.constant(given)
    return lambda: [output.numpy() for output in tf.nest.flatten(call(value))]


SIDES: dict[str, Callable[[argparse.Namespace], None]] = {"write": _write, "tensorflow": _tensorflow, "ours": _ours}


if __name__ == "__main__":
    sys.exit(main())
