"""The window of TensorFlow releases that can load a file, from everything that the file records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadstone.environment.tables.keras import keras_window
from loadstone.environment.tables.ops import draws_the_end, ops_window
from loadstone.environment.tables.tensorflow import Window, release_for_producer
from loadstone.environment.versions import minor_of, release_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def tensorflow_window(
    *,
    tensorflow: str = "",
    producer: int = 0,
    keras: str = "",
    ops: Mapping[str, Collection[str]] | None = None,
) -> Window:
    """Return which releases can load a file that records these; an open end where nothing draws one.

    `tensorflow` is the version that wrote it, `producer` its GraphDef producer, `keras` its `keras_version`. `ops` maps
    the operations of its graph to the attributes that they state with other than default values. TensorFlow reads
    graphs of every older release; a newer graph loads where every operation and attribute is known, so that `ops`
    draw the lower end if they are given, and the version that wrote it does only without them.
    """
    window = Window()
    if ops:
        found = ops_window(ops)
        window = Window(found.first, found.last, draws_the_end(found), found.gaps)
    elif release_of(tensorflow):
        minor = minor_of(tensorflow)
        window = Window(minor, "", (f"TensorFlow {tensorflow} wrote it",))
    elif release := release_for_producer(producer):
        window = Window(release.minor, "", (f"GraphDef producer {producer} is of TensorFlow {release.minor}",))
    found_keras = keras_window(keras) if keras else None
    return window.narrowed(found_keras.tensorflow) if found_keras else window
