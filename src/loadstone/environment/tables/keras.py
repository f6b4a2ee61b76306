"""Which Keras goes with which TensorFlow, and what each Keras began to write into a model's configuration.

Sources: `__version__` in the wheels of TensorFlow (its own copy of Keras up to 2.5 counts apart from the package), the
wheels' requirements, and a comparison of the constructors of Keras 2.11 to 3.15.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loadstone.environment.tables import table
from loadstone.environment.tables.tensorflow import Window, last_minor
from loadstone.environment.versions import minor_of, order, release_of

Package = Literal["tf.keras", "keras", "tf-keras"]


@dataclass(frozen=True, slots=True)
class KerasWindow:
    """What reads a file that a given Keras wrote.

    `tensorflow` is the window of TensorFlow releases whose own `tf.keras` is a Keras of that kind, `writer` the
    narrower one that can have written the file. `package` is what reads it; `legacy` is True where TensorFlow
    2.16 and newer need `tf-keras` and `TF_USE_LEGACY_KERAS=1`. `python` is the oldest Python, empty where not known.
    """

    keras: str
    package: Package
    tensorflow: Window
    writer: Window
    legacy: bool
    python: str = ""


def keras_window(version: str) -> KerasWindow | None:
    """Return what reads a file whose recorded `keras_version` is this; None where the number is none.

    `2.2.4-tf` and everything from 2.4.0 to 2.15 is TensorFlow's own Keras; 1.x and 2.0 to 2.3.1 is the package of
    that time; 3.x is the package again.
    """
    release = release_of(version)
    if not release:
        return None
    if release[0] >= 3:
        return _keras3(version)
    inside = version.endswith("-tf") or order(version) >= order("2.4")
    return _inside_tensorflow(version) if inside else _standalone(version)


def keras_of(tensorflow: str) -> str:
    """Return the version that `tf.keras` has in a TensorFlow feature release; empty where the table has none."""
    return str(table("keras")["with_tensorflow"].get(minor_of(tensorflow), ""))


def _inside_tensorflow(version: str) -> KerasWindow:
    bundled: dict[str, str] = table("keras")["with_tensorflow"]
    # TensorFlow 2.1 calls its Keras 2.3.0-tf where its second behaviour is on, and 2.2.4-tf where it is off.
    too: dict[str, str] = table("keras")["with_tensorflow_too"]
    same = [minor for minor, keras in bundled.items() if _same(keras, version) or too.get(minor) == version]
    newer = [minor for minor, keras in bundled.items() if order(keras) >= order(version)]
    first, last = (same or newer or ["2.15"])[0], (same or newer or ["2.15"])[-1]
    what = f"Keras {version} is the tf.keras of TensorFlow {Window(first, last)}"
    window = Window(first, table("keras")["last_keras2"], (what, "TensorFlow 2.16 and newer have Keras 3"))
    return KerasWindow(version, "tf.keras", window, Window(first, last, (what,)), legacy=True)


def _same(bundled: str, version: str) -> bool:
    """Whether two version numbers name the same Keras: patches of 2.5 and newer follow TensorFlow's own patches."""
    if order(version) < order("2.5"):
        return bundled == version
    return minor_of(bundled) == minor_of(version)


def _standalone(version: str) -> KerasWindow:
    for row in table("keras")["standalone"]:
        if order(row["keras"]) <= order(version) < order(row["before"]):
            first, last = row["tensorflow"]
            reason = f"Keras {version} is the package of its own that ran on TensorFlow {first} to {last}"
            return KerasWindow(version, "keras", Window(first, last, (reason,)), Window(first, last), legacy=True)
    return KerasWindow(version, "keras", Window(), Window(), legacy=True)


def _keras3(version: str) -> KerasWindow:
    rows = [row for row in table("keras")["keras3"] if order(row["keras"]) <= order(version) < order(row["before"])]
    row = rows[0] if rows else table("keras")["keras3"][-1]
    first, last = row["tensorflow"]
    window = Window(first, last, (f"Keras {version} is a package of its own, which TensorFlow has had since 2.16",))
    writer = Window(first, last or last_minor())
    return KerasWindow(version, "keras", window, writer, legacy=False, python=row["python"])
