"""The engines that a model is compared on: each takes a picture and gives detections, and says what it is.

What it is: `ours` (the model as Loadstone runs it) and four others. What it is not: a judge of which is right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from loadstone.errors import SourceError, UnsupportedModelError
from loadstone.facts import ModelFile
from loadstone.formats.registry import open_source
from loadstone.runtime.conversions.conversion import Conversion, compiled_whole, finish
from loadstone.runtime.conversions.convert import CONVERTERS, missing, runnable
from loadstone.runtime.detector import Detector
from loadstone.runtime.engine import openvino

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from loadstone.runtime.raw import Raw

Against = Literal["graph", "tensorflow", "openvino", "keras"]
AGAINST: tuple[Against, ...] = ("graph", "tensorflow", "openvino", "keras")

GRAPH_HERE = "the graph as Loadstone runs it"
GRAPHS = ("frozen-graph", "savedmodel", "metagraph", "tflite")
"""Formats that hold a graph of their own."""


@dataclass(frozen=True, slots=True)
class Engine:
    """`run` takes a picture uint8 (height, width, 3), RGB; boxes come in its pixels.

    `rebuilt` says that it is not the file's own graph.
    """

    name: str
    run: Callable[[npt.NDArray[np.uint8]], Raw]
    rebuilt: bool = False


def ours(source: str) -> Engine:
    """Return the model as Loadstone runs it, rebuilt where it can be; raises as `open_detector`."""
    from loadstone.runtime import open_detector

    detector = open_detector(source)
    note = next((note for note in detector.notes if note.startswith("rebuilt")), "")
    return Engine(note or GRAPH_HERE, lambda picture: detector.run([picture])[0], rebuilt=bool(note))


def default_engine(source: str, mine: Engine) -> Against:
    """Return what to compare with where nothing is said: the file's own graph, or Keras where it has none.

    What is not rebuilt is that graph already, and compared with the whole of it in OpenVINO.
    """
    if _graph_part(open_source(source)) is None:
        return "keras"
    return "graph" if mine.rebuilt else "openvino"


def other(source: str, against: str) -> Engine:
    """Return the engine to compare with.

    Raises `SourceError` for an unknown name, `UnsupportedModelError` where the model has no form for the engine, and
    `EnvironmentLacksError` where it is not installed.
    """
    if against not in AGAINST:
        raise SourceError("there is no such engine to compare with", expected=", ".join(AGAINST), found=against)
    makers: dict[str, Callable[[str], Engine]] = {
        "graph": _graph,
        "openvino": _openvino,
        "keras": _keras,
        "tensorflow": _tensorflow,
    }
    return makers[against](source)


def _graph_part(model: ModelFile) -> ModelFile | None:
    found = runnable(model)
    return found if found is not None and found.format in GRAPHS and not missing(found) else None


def _own_graph(source: str) -> ModelFile:
    found = _graph_part(open_source(source))
    if found is None:
        raise UnsupportedModelError(
            "there is no graph in the source to compare with",
            where=source,
            expected="a SavedModel, frozen graph, MetaGraph or TFLite file",
            help="compare with --against keras, which needs the weights alone",
        )
    return found


def _conversion(source: str) -> Conversion:
    found = _own_graph(source)
    return CONVERTERS[found.format](found)


def _graph(source: str) -> Engine:
    """The file's own graph, as Loadstone runs graphs: what it takes for suppression included."""
    detector = Detector(finish(_conversion(source), "CPU"))
    return Engine("the file's own graph, as Loadstone runs graphs", lambda picture: detector.run([picture])[0])


def _openvino(source: str) -> Engine:
    """The file's own graph to its very end in OpenVINO, its suppression included."""
    detector = Detector(compiled_whole(_conversion(source), "CPU"))
    name = f"the file's own graph, whole, in OpenVINO {openvino().__version__.split('-')[0]}"
    return Engine(name, lambda picture: detector.run([picture])[0])


def _keras(source: str) -> Engine:
    from loadstone.runtime.keras.keras_detector import KerasDetector
    from loadstone.runtime.rebuilt import rebuild_source

    detector = KerasDetector(rebuild_source(source))
    return Engine("the rebuilt detector as a Keras model", lambda picture: detector.run([picture])[0])


def _tensorflow(source: str) -> Engine:
    """The file's own graph in TensorFlow, where that is installed."""
    from loadstone.comparison.tensorflow import run_frozen, run_saved_model

    found = _own_graph(source)
    makers = {"savedmodel": run_saved_model, "frozen-graph": run_frozen}
    if found.format not in makers:
        raise UnsupportedModelError(
            f"a {found.format} is not run in TensorFlow here",
            where=found.source,
            expected="a SavedModel or a frozen graph",
            help="compare with --against graph",
        )
    return Engine("the file's own graph in TensorFlow", makers[found.format](found))
