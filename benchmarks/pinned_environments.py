"""Do the pinned environments work? Each is made, and TensorFlow in it builds, saves, reads and runs a small model.

    python benchmarks/pinned_environments.py [--only VERSION]

One line a TensorFlow feature release, on the newest Python that it is pinned for, and how many work. The environments
(0.5 to 1.5 GB each) are kept under LOADSTONE_HOME; `loadstone env --list` shows them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from loadstone.environment.resolve import Resolution
from loadstone.environment.tables import table
from loadstone.environment.tables.pins import pinned_pythons, pins
from loadstone.errors import LoadstoneError
from loadstone.runtime.isolated.create import ensure, python_of

PROGRAM = """
import os, tempfile
import numpy as np
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(3,))])
path = os.path.join(tempfile.mkdtemp(), "model.h5")
model.save(path)
again = tf.keras.models.load_model(path, compile=False)
given = np.ones((1, 3), "float32")
same = np.array_equal(model.predict(given), again.predict(given))
print("TensorFlow", tf.__version__, "Keras", tf.keras.__version__ if hasattr(tf.keras, "__version__") else "", "same",
same)
"""


def tried(version: str) -> tuple[bool, str]:
    """Return (whether it works, the last line that it printed or why not) for one pinned release."""
    python = pinned_pythons(version)[0]
    wanted = Resolution("", python, pins(version, python) or {}, version, ())
    try:
        folder = ensure(wanted, lambda line: print(line, file=sys.stderr))
    except LoadstoneError as error:
        return False, f"Python {python}: {error.fact} {error.found[-200:]}"
    command = [python_of(folder), "-I", "-W", "ignore", "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    lines = (done.stderr if done.returncode else done.stdout).strip().splitlines() or [""]
    return done.returncode == 0 and lines[-1].endswith("same True"), f"Python {python}: {lines[-1][:200]}"


def main() -> None:
    """Print one line a release."""
    parser = argparse.ArgumentParser(description="make and try every pinned environment")
    parser.add_argument("--only", default="", help="releases whose version begins with this")
    only = parser.parse_args().only
    works = total = 0
    for version in table("pins"):
        if version.startswith(only):
            good, told = tried(version)
            works, total = works + good, total + 1
            print(f"{version:<8} {'works' if good else 'fails'}  {told}", flush=True)
    print(f"{works} of {total} pinned environments work")


if __name__ == "__main__":
    main()
