"""A recognised detector, rebuilt, against TensorFlow and OpenVINO on the export: the same picture, the same threads.

    python -m benchmarks.rebuilt EXPORT PICTURE [--rounds 3] [--threads 2]

EXPORT is the folder of a SavedModel or a frozen graph. Prints, for each side, process start to first boxes (ours the
first time ever and from the cache), each next picture, peak memory, and how many times faster than TensorFlow it is.
`OpenVINO, the graph` is OpenVINO's own reader on the export. `floor` is no detector: it imports OpenVINO, takes the
very network from our cache and runs it once, which the second time cannot beat. Goals: for
`ssd_mobilenet_v2_fpnlite_320` 6 and 25 times faster, 3 times a picture; for `efficientdet_d0` 8, 40 and 2.3; under
300 MB in the second run.
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
from pathlib import Path

from loadstone.runtime.engine import SETTINGS

TAIL = """

spent = []
for _ in range({pictures}):
    start = time.perf_counter()
    run()
    spent.append(time.perf_counter() - start)
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))
print(json.dumps({{"next": sorted(spent)[len(spent) // 2], "peak_mb": peak, "first_at": time.time() - sum(spent)}}))
"""

OURS = """
import json, sys, time
import numpy as np
from PIL import Image
import loadstone as ls
picture = np.asarray(Image.open({picture!r}).convert("RGB"))
model = ls.load({source!r})
run = lambda: model.detect(picture, conf=0.0)
run()
"""

GRAPH = """
import json, sys, time
import numpy as np
from PIL import Image
import openvino
picture = np.asarray(Image.open({picture!r}).convert("RGB"))[None]
core = openvino.Core()
model = core.read_model({source!r})
model.reshape({{model.inputs[0]: [1, -1, -1, 3]}})
compiled = core.compile_model(model, "CPU", {settings!r})
run = lambda: compiled([picture])
run()
"""

FLOOR = """
import glob, json, os, sys, time
import numpy as np
from PIL import Image
from loadstone.runtime.engine import openvino
picture = np.asarray(Image.open({picture!r}).convert("RGB"))[None]
with open(glob.glob(os.environ["LOADSTONE_HOME"] + "/plans/*/network.blob")[0], "rb") as stream:
    network = openvino().Core().import_model(stream.read(), "CPU", {settings!r})
request = network.create_infer_request()
run = lambda: request.infer([picture], share_inputs=True, share_outputs=True)
run()
"""

THEIRS = """
import json, sys, time
import numpy as np
from PIL import Image
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads({threads})
picture = tf.constant(np.asarray(Image.open({picture!r}).convert("RGB"))[None])
model = tf.saved_model.load({source!r})
call = model.signatures["serving_default"]
run = lambda: {{name: value.numpy() for name, value in call(input_tensor=picture).items()}}
run()
"""

THEIRS_FROZEN = """
import json, sys, time
import numpy as np
from PIL import Image
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads({threads})
picture = tf.constant(np.asarray(Image.open({picture!r}).convert("RGB"))[None])
graph = tf.compat.v1.GraphDef()
with open({source!r}, "rb") as stream:
    graph.ParseFromString(stream.read())
whole = tf.compat.v1.wrap_function(lambda: tf.graph_util.import_graph_def(graph, name=""), [])
names = ["detection_boxes:0", "detection_scores:0", "detection_classes:0", "num_detections:0"]
call = whole.prune("image_tensor:0", names)
run = lambda: [value.numpy() for value in call(picture)]
run()
"""


SIDES = {
    "TensorFlow": THEIRS,
    "OpenVINO, the graph": GRAPH,
    "ours, first time ever": OURS,
    "ours, second time": OURS,
    "floor": FLOOR,
}
"""What is run, in this order: the third fills the cache for the next two."""


def measured(code: str, home: str, pictures: int) -> dict[str, float]:
    """Run one side in a process of its own; return seconds from its start to the first boxes, and what it reports."""
    environment = {**os.environ, "LOADSTONE_HOME": home, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    start = time.time()
    words = [sys.executable, "-c", code + TAIL.format(pictures=pictures)]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {"first": found["first_at"] - start, "next": found["next"], "peak_mb": found["peak_mb"]}


def middle(rows: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of every figure."""
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pictures", type=int, default=15)
    arguments = parser.parse_args()
    words: dict[str, object] = {
        "source": str(arguments.export),
        "picture": str(arguments.picture),
        "threads": arguments.threads,
        "settings": {**SETTINGS, "INFERENCE_NUM_THREADS": arguments.threads},
    }
    sides = {**SIDES, "TensorFlow": THEIRS_FROZEN} if arguments.export.is_file() else SIDES
    rows: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
    for _ in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as home:
            for side, code in sides.items():
                rows[side].append(measured(code.format(**words), home, arguments.pictures))
    found = {side: middle(figures) for side, figures in rows.items()}
    theirs = found["TensorFlow"]
    for side, figures in found.items():
        print(
            f"{side:<22} first boxes {figures['first']:6.2f} s ({theirs['first'] / figures['first']:5.1f}×)"
            f"   each next {figures['next'] * 1000:7.1f} ms ({theirs['next'] / figures['next']:4.1f}×)"
            f"   peak {figures['peak_mb']:5.0f} MB"
        )
    above = found["ours, second time"]["first"] / found["floor"]["first"]
    print(f"the second time takes {above:.2f} of the floor")
    return 0


if __name__ == "__main__":
    sys.exit(main())
