"""Which backend of Keras trains: the one named, the one that Keras is set to, or the first that is installed."""

from __future__ import annotations

import importlib.util
import os
import sys

from loadstone.errors import EnvironmentLacksError, SourceError
from loadstone.runtime.keras.keras_here import keras_here, wanted_backend
from loadstone.training.setup.options import BACKENDS, PRECISIONS
from loadstone.training.setup.programs import keep_programs


def set_backend(name: str | None = None) -> None:
    """Say which backend Keras is to take when it is imported, before anything imports it.

    Raises `SourceError` for a name that is none, `EnvironmentLacksError` where the backend, or any, is not installed,
    and where Keras already runs on another: it takes one backend in a process.
    """
    if name is not None and name not in BACKENDS:
        raise SourceError("there is no such backend to train on", expected=", ".join(BACKENDS), found=name)
    if "keras" in sys.modules:
        _running(name)
        return
    chosen = name or _usual()
    if not _installed(chosen):
        raise EnvironmentLacksError(
            f"{name} is not installed",
            found=f"installed: {', '.join(filter(_installed, BACKENDS)) or 'none'}",
            help=HELP,
        )
    os.environ["KERAS_BACKEND"] = chosen
    if chosen == "jax":
        keep_programs()


def choose_backend(name: str | None = None) -> str:
    """Import Keras on a backend that trains, and return its name; raises as `set_backend`."""
    set_backend(name)
    return _running(name)


HELP = "pip install 'loadstone[train]' and one of tensorflow, jax, torch"


def _running(wanted: str | None) -> str:
    running = str(keras_here().backend.backend())
    if running not in BACKENDS or wanted not in (None, running):
        raise EnvironmentLacksError(
            "Keras already runs on another backend in this process",
            expected=wanted or " or ".join(BACKENDS),
            found=running,
            help=f"set KERAS_BACKEND={wanted or BACKENDS[0]} before Keras is imported",
        )
    return running


def _usual() -> str:
    """Return the backend that Keras is set to where it trains and is installed, else the first that is."""
    stated = wanted_backend()
    found = next((one for one in (stated, *BACKENDS) if one in BACKENDS and _installed(one)), None)
    if found is None:
        raise EnvironmentLacksError(
            "no backend of Keras that trains is installed", expected=", ".join(BACKENDS), help=HELP
        )
    return found


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def set_precision(name: str) -> None:
    """Let the layers that are built from now on compute in this precision; variables stay float32."""
    import keras

    keras.config.set_dtype_policy("float32" if name == PRECISIONS[0] else f"mixed_{name}")


def share_devices(count: int, batch: int) -> None:
    """Let each batch be shared out over so many devices, through `keras.distribution`: weights lie on each.

    Raises `EnvironmentLacksError` where there are not so many or the backend cannot, and `SourceError` where the batch
    does not divide.
    """
    if count == 1:
        return
    import keras

    running = keras.backend.backend()
    if running != "jax":
        raise EnvironmentLacksError(
            "several devices train together on JAX only",
            expected="jax",
            found=str(running),
            help="--backend jax, or --devices 1",
        )
    there = keras.distribution.list_devices()
    if len(there) < count:
        raise EnvironmentLacksError("there are not so many devices", expected=str(count), found=", ".join(there))
    if batch % count:
        raise SourceError("the batch cannot be shared evenly", expected=f"a multiple of {count}", found=str(batch))
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=there[:count]))
