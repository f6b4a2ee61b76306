"""The environment that suits a model file: which TensorFlow, which Python, and the exact version of everything.

From what the file records (its TensorFlow, its Keras, its graph's producer) and the tables. What is preferred is the
release that wrote the file; where no interpreter here can run that, the next one that reads it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from loadstone.environment.tables.keras import keras_window
from loadstone.environment.tables.pins import pinned_pythons, pinned_release, pins
from loadstone.environment.tables.tensorflow import Window, last_minor, release_for_producer, releases
from loadstone.environment.tables.windows import tensorflow_window
from loadstone.environment.versions import minor_of, order, release_of, satisfies
from loadstone.errors import EnvironmentLacksError
from loadstone.facts import ModelFile

OLDEST = "1.13"
"""The oldest release that has pins: what came before needs a Python that no current installer serves."""
KERAS_FORMATS = frozenset({"keras-h5", "keras-h5-weights", "keras-zip", "keras-config"})


KERAS_1 = {"keras": "1.2.2", "pyyaml": "6.0.1", "scipy": "1.7.3"}
"""What a model of Keras 1 needs beside TensorFlow; Theano, which it names as well, is not imported."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """An environment to make. `pins` maps package -> exact version, TensorFlow included.

    `python` is a feature release; `found` says whether an interpreter of it was among those offered. `wrote` is the
    TensorFlow that wrote the file as far as known, `reasons` why this one was chosen, one sentence each.
    `variables` have to be set in it.
    """

    source: str
    python: str
    pins: Mapping[str, str]
    wrote: str
    reasons: tuple[str, ...]
    found: bool = False
    variables: Mapping[str, str] | None = None

    @property
    def tensorflow(self) -> str:
        """The exact TensorFlow."""
        return self.pins["tensorflow"]


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What a file and its parts record: the surest statement of each."""

    tensorflow: str
    keras: str
    producer: int
    format: str


def resolve(model: ModelFile, pythons: Collection[str] = (), *, tensorflow: str = "", python: str = "") -> Resolution:
    """Return the environment for a model. `pythons` are the feature releases of Python that are here.

    `tensorflow` and `python` demand a release, against what the file says. Raises `EnvironmentLacksError` where the
    demand cannot be met by any wheel of the tables.
    """
    recorded = _recorded(model)
    wrote, reason = _writer(recorded)
    reasons = [reason]
    if tensorflow:
        candidates, reasons = [minor_of(tensorflow)], [f"TensorFlow {tensorflow} was asked for"]
    else:
        candidates = list(_candidates(wrote, _reads(recorded)))
    choice = _choice(candidates, pythons, python, recorded)
    if choice is None:
        raise _impossible(candidates, python, recorded)
    chosen, on, found = choice
    if minor_of(wrote) != chosen and not tensorflow:
        reasons.append(_why_another(wrote, chosen, found))
    packages = dict(pins(chosen, on) or {})
    reasons += _with_keras(packages, recorded)
    return Resolution(model.source, on, packages, wrote, tuple(reasons), found, _variables(chosen, recorded))


def _recorded(model: ModelFile) -> _Recorded:
    """Gather from the file and its parts; the first that states something counts."""
    whole = [model, *model.parts]

    def first(key: str) -> str:
        return next((one.producer[key] for one in whole if one.producer.get(key)), "")

    producer = first("graphdef_producer")
    return _Recorded(first("tensorflow"), first("keras"), int(producer) if producer.isdecimal() else 0, model.format)


def _writer(recorded: _Recorded) -> tuple[str, str]:
    """Return the release that wrote the file, and how that is known."""
    if release_of(recorded.tensorflow):
        return recorded.tensorflow, f"the file records TensorFlow {recorded.tensorflow}"
    window = keras_window(recorded.keras) if recorded.keras else None
    if window is not None:
        last = (
            _last_with_keras(recorded.keras) if window.package == "keras" and not window.legacy else window.writer.last
        )
        return (
            last or last_minor(),
            f"the file records Keras {recorded.keras}, which goes with TensorFlow {window.writer}",
        )
    release = release_for_producer(recorded.producer)
    if release is not None:
        return release.minor, f"the graph's producer {recorded.producer} is of TensorFlow {release.minor}"
    return last_minor(), "the file records no version: the newest TensorFlow reads what all before it wrote"


def _last_with_keras(keras: str) -> str:
    """Return the newest release whose own requirement a Keras 3 keeps."""
    fits = [one.minor for one in releases() if "keras" in one.requires and satisfies(keras, one.requires["keras"])]
    return fits[-1] if fits else last_minor()


def _reads(recorded: _Recorded) -> Window:
    """Return what else reads the file: newer releases, and for a Keras 2 model those that still have Keras 2."""
    keras = recorded.keras if recorded.format in KERAS_FORMATS else ""
    window = keras_window(keras) if keras else None
    if window is not None and release_of(recorded.keras)[:1] == (1,):
        return Window(OLDEST, "1.15")
    if window is not None and window.legacy:
        return Window(OLDEST, window.tensorflow.last or "2.15")
    if window is not None:
        # A file of Keras 3 is read by that Keras and newer ones; its TensorFlow is only what computes.
        return Window(window.writer.first, "")
    return tensorflow_window(tensorflow=recorded.tensorflow, producer=recorded.producer)


def _candidates(wrote: str, window: Window) -> Iterator[str]:
    """Yield feature releases: the one that wrote the file, newer ones in order, then older ones that read it too."""
    minors = list(dict.fromkeys(one.minor for one in releases() if pinned_release(one.version)))
    first = max(minor_of(wrote), OLDEST, key=order)
    yield first
    yield from (minor for minor in minors if order(minor) > order(first) and window.holds(minor))
    older = [minor for minor in minors if order(minor) < order(first) and window.holds(minor)]
    yield from reversed(older)


def _choice(
    candidates: list[str], here: Collection[str], python: str, recorded: _Recorded
) -> tuple[str, str, bool] | None:
    """Return (release, Python, whether it is here): the first release with an interpreter here, else the first."""
    usable = [
        (minor, on)
        for minor in candidates
        for on in pinned_pythons(minor)
        if (not python or on == minor_of(python)) and _serves_keras(on, recorded)
    ]
    for minor, on in usable:
        if on in here:
            return minor, on, True
    return (*usable[0], False) if usable else None


def _serves_keras(python: str, recorded: _Recorded) -> bool:
    """Whether a Python is new enough for the Keras 3 that is recorded."""
    window = keras_window(recorded.keras) if recorded.keras else None
    return window is None or not window.python or order(python) >= order(window.python)


def _why_another(wrote: str, chosen: str, found: bool) -> str:
    if order(minor_of(wrote)) < order(OLDEST):
        return f"TensorFlow {minor_of(wrote)} needs a Python older than 3.7; {chosen} reads its files"
    return (
        f"no Python here runs TensorFlow {minor_of(wrote)}; {chosen} reads its files" if found else f"{chosen} reads it"
    )


def _with_keras(packages: dict[str, str], recorded: _Recorded) -> list[str]:
    """Pin the Keras that the file records, where TensorFlow's own is another."""
    if release_of(recorded.keras)[:1] == (1,):
        packages |= KERAS_1
        return [f"Keras {recorded.keras} is read by the last of its kind, 1.2.2: tf.keras has other layers"]
    if not recorded.keras or release_of(recorded.keras)[:1] < (3,) or "keras" not in packages:
        return []
    packages["keras"] = recorded.keras
    return [f"Keras {recorded.keras} is what wrote the file: an older one refuses keys that it does not know"]


def _variables(tensorflow: str, recorded: _Recorded) -> dict[str, str]:
    if release_of(recorded.keras)[:1] == (1,):
        return {"KERAS_BACKEND": "tensorflow"}
    legacy = release_of(recorded.keras)[:1] in ((1,), (2,))
    return {"TF_USE_LEGACY_KERAS": "1"} if legacy and order(tensorflow) >= order("2.16") else {}


def _impossible(candidates: list[str], python: str, recorded: _Recorded) -> EnvironmentLacksError:
    first = candidates[0] if candidates else recorded.tensorflow
    known = ", ".join(reversed(pinned_pythons(first)))
    wanted = f" on Python {python}" if python else ""
    return EnvironmentLacksError(
        f"there is no wheel of TensorFlow {first}{wanted}",
        expected=f"Python {known}" if known else f"TensorFlow {OLDEST} to {last_minor()}",
        found=python or first,
    )
