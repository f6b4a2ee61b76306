"""An environment from a description: `tensorflow==2.15,python==3.11`, filled up from the tables.

What the description leaves open is taken as an installer would have it: the newest Python that the release has a
wheel for, and the Keras, NumPy, protobuf and h5py that go with it. The environment is not complete: a package that is
named nowhere is not known, rather than missing.
"""

from __future__ import annotations

import platform
import re
from typing import TYPE_CHECKING

from loadstone.environment.here import TENSORFLOW_WHEELS
from loadstone.environment.tables.keras import keras_of, keras_window
from loadstone.environment.tables.pins import pinned_pythons, pins
from loadstone.environment.tables.tensorflow import last_minor, release_named, releases
from loadstone.environment.versions import is_version, minor_of, order, release_of
from loadstone.errors import SourceError
from loadstone.facts.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Mapping

_PART = re.compile(r"([A-Za-z][A-Za-z0-9._-]*?)\s*(?:={1,2}|\s|@|:)\s*v?([0-9][^\s]*)")
_ALIASES = {"tf": "tensorflow", "py": "python", "tf-gpu": "tensorflow-gpu", "cuda-toolkit": "cuda"}
_CUDA = {"cuda": "runtime", "cudnn": "cudnn", "driver": "driver", "capability": "capability"}
FILLED = ("keras", "tf-keras", "numpy", "protobuf", "h5py")
"""What is filled in from the tables: the packages that decide whether a model loads."""
EXAMPLE = "tensorflow==2.15,python==3.11"


def looks_described(text: str) -> bool:
    """Return whether a text is a description, and not a path of an interpreter."""
    return all(_PART.fullmatch(part.strip()) for part in text.split(",")) and bool(text.strip())


def described(text: str) -> Environment:
    """Return the environment that a description means.

    Parts are separated by commas, each a package (or `python`, `cuda`, `cudnn`, `driver`, `capability`) and a version.
    Raises `SourceError` for a part that cannot be read, a TensorFlow that is not in the tables, or one that has no
    wheel for the Python that is named.
    """
    stated = dict(_stated(part.strip(), text) for part in text.split(",") if part.strip())
    if not stated:
        raise SourceError("the description of an environment is empty", expected=EXAMPLE)
    for wheel in TENSORFLOW_WHEELS[1:]:
        if wheel in stated:
            stated.setdefault("tensorflow", stated[wheel])
    cuda = {_CUDA[name]: stated.pop(name) for name in _CUDA if name in stated}
    python = stated.pop("python", "")
    filled = _filled(stated, python)
    return Environment(
        name=text,
        python=filled.pop("python", python),
        system=platform.system(),
        machine=platform.machine(),
        packages=filled,
        complete=False,
        cuda=cuda,
    )


def _stated(part: str, whole: str) -> tuple[str, str]:
    match = _PART.fullmatch(part)
    if match is None or not is_version(match[2].removesuffix(".*")):
        raise SourceError("a description of an environment cannot be read", where=whole, expected=EXAMPLE, found=part)
    name = re.sub(r"[-_.]+", "-", match[1]).lower()
    return _ALIASES.get(name, name), match[2].removesuffix(".*")


def _filled(stated: Mapping[str, str], python: str) -> dict[str, str]:
    tensorflow = stated.get("tensorflow") or _tensorflow_for(stated.get("keras", ""))
    if not tensorflow:
        return {**stated, "python": python}
    release = release_named(tensorflow)
    if release is None:
        raise SourceError(
            f"TensorFlow {tensorflow} is not in the tables", expected=f"1.0 to {last_minor()}", found=tensorflow
        )
    known = pinned_pythons(release.version)
    if python and minor_of(python) not in release.pythons:
        raise SourceError(
            f"TensorFlow {release.version} has no wheel for Python {python}",
            expected=f"Python {release.pythons[0]} to {release.pythons[-1]}",
            found=python,
        )
    chosen = python or (known[0] if known else release.pythons[-1])
    usual = pins(release.version, chosen) or {}
    packages = {name: usual[name] for name in FILLED if name in usual}
    packages.setdefault("keras", keras_of(release.version))
    version = tensorflow if len(release_of(tensorflow)) > 2 else release.version
    filled = {**packages, "tensorflow": version} if "tensorflow" in stated else packages
    return {name: text for name, text in {**filled, **stated, "python": chosen}.items() if text} | _exact(
        stated, version
    )


def _exact(stated: Mapping[str, str], tensorflow: str) -> dict[str, str]:
    """Return the exact TensorFlow where a feature release was stated: `2.15` means its last patch."""
    return {"tensorflow": tensorflow} if "tensorflow" in stated else {}


def _tensorflow_for(keras: str) -> str:
    """Return the newest TensorFlow that goes with a Keras; its Python and packages stand for a description of Keras."""
    window = keras_window(keras) if keras else None
    if window is None:
        return ""
    last = window.writer.last or last_minor()
    known = [release.version for release in releases() if order(release.minor) <= order(last)]
    return known[-1] if known else ""
