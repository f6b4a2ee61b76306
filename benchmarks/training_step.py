"""A training step of SSD MobileNetV2 FPNLite beside one of a plain MobileNetV2 classifier, on each backend of Keras.

    python -m benchmarks.training_step CONFIG [--backends tensorflow,torch,jax] [--steps 8] [--batch 8] [--threads 2]

CONFIG is a `pipeline.config`; the zoo's ssd_mobilenet_v2_fpnlite_320x320 is what the goal is about. Both sides have the
same batch and size and run in one process, in turns: ours is `loadstone train`'s own step (losses, regularisation,
gradients, momentum, clipping), theirs `keras.applications.MobileNetV2` with Keras's `train_on_batch`. Printed are the
median of each, their ratio (goal: at most 1.4; the original on TensorFlow 2.11 takes 1.52 times its classifier's), the
processor's seconds, which a busy machine disturbs less, and how much of a step waits for the input (goal: at most a
tenth).

The second line is from a process's start to the end of its first step, in wall and processor's seconds: of a run from
the command's parts, with an empty cache; of another start of it, which finds there what JAX compiled; of the
classifier; and of nothing but the import of Keras on the backend, which no run can be quicker than. The goal is 3.5 s,
a quarter of the original's 14; on two cores TensorFlow's import alone takes half of that, and what JAX compiles more
than all.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BACKENDS = ("tensorflow", "torch", "jax")


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("--backends", default=",".join(BACKENDS))
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--child", choices=CHILDREN, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(CHILDREN[arguments.child](arguments)))
        return 0
    for backend in arguments.backends.split(","):
        _compare(arguments, backend)
    return 0


def _compare(arguments: argparse.Namespace, backend: str) -> None:
    with tempfile.TemporaryDirectory() as empty:
        found = _child(arguments, backend, "steps", empty)
    print(
        f"{backend:<11} ours {found['ours']:7.3f} s   classifier {found['theirs']:7.3f} s   "
        f"{found['ours'] / found['theirs']:4.2f}×   processor {found['ours_cpu'] / found['theirs_cpu']:4.2f}×   "
        f"input {found['input']:5.1%}",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as empty:
        starts = {
            "first step": _child(arguments, backend, "first", empty),
            "again": _child(arguments, backend, "first", empty),
            "classifier": _child(arguments, backend, "classifier", empty),
            "import": _child(arguments, backend, "import", empty),
        }
    shown = (f"{name} {one['first']:.1f} s ({one['processor']:.1f})" for name, one in starts.items())
    print(f"{'':<11} {'   '.join(shown)}", flush=True)


def _child(arguments: argparse.Namespace, backend: str, what: str, home: str) -> dict[str, float]:
    threads = str(arguments.threads)
    environment = {
        **os.environ,
        "LOADSTONE_HOME": home,
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "OMP_NUM_THREADS": threads,
        "TF_NUM_INTRAOP_THREADS": threads,
    }
    words = [sys.executable, "-m", "benchmarks.training_step", str(arguments.config), "--child", what]
    words += ["--steps", str(arguments.steps), "--batch", str(arguments.batch)]
    began = time.time()
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "first": found["at"] - began} if "at" in found else found


def _learner(config: Path, batch: int) -> tuple[Any, Any]:
    """Return the learner of the configuration, from nothing, and its step."""
    from loadstone.runtime.described import read_config
    from loadstone.training.learners import build_learner
    from loadstone.training.optimizers import sgd
    from loadstone.training.setup.starting import from_config
    from loadstone.training.steps import make_step

    learner = build_learner(from_config(read_config(config), str(config)))
    return learner, make_step(learner, sgd(0.001, 1000).build(1000, clip_norm=10.0))


def _stream(learner: Any, config: Path, batch: int) -> Any:
    """Return a stream of drawn pictures, JPEGs of the size that COCO's have, augmented as the zoo does it."""
    import io

    import numpy as np
    from PIL import Image

    from loadstone.augmentation.presets import preset
    from loadstone.datasets.samples import Samples
    from loadstone.datasets.stream import Stream
    from loadstone.facts.dataset import Example, Objects
    from loadstone.training.setup.feed import Feed

    random, examples = np.random.default_rng(1), []
    for number in range(4 * batch):
        smooth = Image.fromarray(random.integers(0, 256, (12, 16, 3), np.uint8)).resize(
            (640, 480), Image.Resampling.BICUBIC
        )
        data = io.BytesIO()
        smooth.save(data, "JPEG", quality=90)
        corners = random.uniform(0, 300, (7, 2))
        boxes = np.concatenate([corners, corners + random.uniform(20, 170, (7, 2))], axis=1)
        flags = np.zeros(7, np.bool_)
        objects = Objects(boxes, random.integers(0, 80, 7), flags, flags, flags, np.ones(7, np.float32))
        examples.append(Example(f"{number}.jpg", "", 640, 480, objects, data.getvalue))
    samples = Samples(examples)
    return Stream(samples, Feed(learner.encode, preset("retinanet", 320), samples.any), batch)


def _classifier(size: tuple[int, int], batch: int) -> Callable[[], object]:
    import keras
    import numpy as np

    model = keras.applications.MobileNetV2((*size, 3), weights=None, classes=1000)
    model.compile(keras.optimizers.SGD(0.001, momentum=0.9), "sparse_categorical_crossentropy")
    random = np.random.default_rng(0)
    pictures = random.uniform(-1, 1, (batch, *size, 3)).astype(np.float32)
    classes = random.integers(0, 1000, batch)
    return lambda: model.train_on_batch(pictures, classes)


def _steps(arguments: argparse.Namespace) -> dict[str, float]:
    """Return medians: of our step on a prepared batch, of the classifier's, and of the share that waits for input."""
    import numpy as np

    learner, step = _learner(arguments.config, arguments.batch)
    stream = _stream(learner, arguments.config, arguments.batch)
    batch = next(stream.epoch(0)).arrays
    seed = np.asarray([0, 1], np.int32)
    sides = {"ours": lambda: step(batch, seed), "theirs": _classifier(batch["image"].shape[1:3], arguments.batch)}
    taken: dict[str, list[float]] = {name: [] for name in ("ours", "theirs", "ours_cpu", "theirs_cpu")}
    for number in range(arguments.steps + 2):
        for name, call in sides.items():
            wall, processor = time.perf_counter(), time.process_time()
            call()
            if number >= 2:
                taken[name].append(time.perf_counter() - wall)
                taken[f"{name}_cpu"].append(time.process_time() - processor)
    return {**{name: statistics.median(row) for name, row in taken.items()}, "input": _waiting(stream, step, seed)}


def _waiting(stream: Any, step: Any, seed: Any) -> float:
    """Return the share of an epoch's time in which no batch was there; the first batch fills the pipe."""
    waited, began = [], []
    for epoch in (0, 1):
        before = time.perf_counter()
        for batch in stream.epoch(epoch):
            waited.append(time.perf_counter() - before)
            step(batch.arrays, seed)
            began.append(time.perf_counter() - before)
            before = time.perf_counter()
    later = [at for at in range(len(waited)) if at % stream.steps]
    return sum(waited[at] for at in later) / sum(began[at] for at in later)


def _first(arguments: argparse.Namespace) -> dict[str, float]:
    """Return when the first step of a training was over, and the processor's seconds until then."""
    import numpy as np

    from loadstone.training.setup.backend import set_backend

    set_backend(os.environ["KERAS_BACKEND"])
    learner, step = _learner(arguments.config, arguments.batch)
    batch = next(_stream(learner, arguments.config, arguments.batch).epoch(0))
    step(batch.arrays, np.asarray([0, 1], np.int32))
    return _now()


def _first_of_classifier(arguments: argparse.Namespace) -> dict[str, float]:
    from loadstone.blueprint.reader import read_any
    from loadstone.runtime.described import read_config

    size: Any = read_any(read_config(arguments.config)).resizer.output
    _classifier(size, arguments.batch)()
    return _now()


def _import(arguments: argparse.Namespace) -> dict[str, float]:
    import keras

    keras.backend.backend()
    return _now()


def _now() -> dict[str, float]:
    return {"at": time.time(), "processor": time.process_time()}


CHILDREN: dict[str, Callable[[argparse.Namespace], dict[str, float]]] = {
    "steps": _steps,
    "first": _first,
    "classifier": _first_of_classifier,
    "import": _import,
}
"""What a process of its own measures."""


if __name__ == "__main__":
    sys.exit(main())
