"""`load_model`: stands in the place of `keras.saving.load_model`, and mends first what can be mended.

The mended copy lies in a folder for temporary files and is gone when the model is in memory; the original is never
touched. What cannot be mended is said at once, in one error.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.errors import CannotLoadError, EnvironmentLacksError, LoadstoneError

if TYPE_CHECKING:
    from types import ModuleType

    from loadstone.checks.subject import Subject
    from loadstone.facts.environment import Environment
    from loadstone.facts.finding import CheckReport, Finding

GROUP = "loadstone.custom_objects"
"""Entry points of this group offer custom objects: the name under which a file needs one = where it is defined."""
_REPAIRS = ("sequential-input-shape", "right-ending", "keras-config-join", "keras-dialect")
_TRAINING = "keras-training-config"


def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,  # noqa: A002 - the argument's name in Keras
    safe_mode: bool = True,
) -> Any:
    """Load a Keras model of any version into the Keras that is installed here, mended where that is possible.

    The arguments are those of `keras.saving.load_model`. Objects that the file needs and `custom_objects` lacks are
    looked for among the entry points of the group `loadstone.custom_objects`. A loss, metric or optimizer that nobody
    gave leaves the model uncompiled, with a warning. Raises `CannotLoadError` with every finding and the names of all
    missing objects, `EnvironmentLacksError` where Keras is not installed, and what reading the file raises.
    """
    from loadstone.checks.run import subjects
    from loadstone.whereabouts import whereabouts

    environment = _environment()
    place = whereabouts(filepath)
    subject = subjects(place, environment, None, None)[0]
    given = _objects(subject, dict(custom_objects or {}))
    _require_objects(subject, given)
    keras = _keras()
    with tempfile.TemporaryDirectory(prefix="loadstone-") as folder:
        mended = _mended(subject, given, Path(folder), with_training=compile)
        try:
            return keras.saving.load_model(mended, custom_objects=given, compile=compile, safe_mode=safe_mode)
        except Exception as error:  # Whatever Keras and the caller's own classes raise becomes one error.
            raise _refusal(subject, f"Keras {keras.__version__} cannot load the model", given, error) from error


def _keras() -> ModuleType:
    try:
        import keras
    except ImportError as error:
        raise EnvironmentLacksError(
            "loading a Keras model needs Keras", found=str(error), help="pip install keras, and a backend for it"
        ) from error
    return keras  # type: ignore[no-any-return]


def _environment() -> Environment:
    """Return this environment, in which the package keras loads, whatever a switch says of TensorFlow's own."""
    from loadstone.environment.here import here

    return replace(here(), variables={})


def _objects(subject: Subject, given: dict[str, Any]) -> dict[str, Any]:
    """Return the objects given, those registered with Keras left to it, and those that installed packages offer."""
    wanted = {*_needed(subject), *_in_training(subject)}
    # Only what was imported before can have been registered; Keras is not imported to find nothing in it.
    imported = sys.modules.get("keras")
    registered = imported.saving.get_custom_objects() if imported is not None else {}
    missing = {name for name in wanted if name not in given and name not in registered}
    for point in entry_points(group=GROUP) if missing else ():
        if point.name in missing:
            given[point.name] = point.load()
    return {**{name: registered[name] for name in wanted if name in registered}, **given}


def _needed(subject: Subject) -> Iterator[str]:
    from loadstone.checks.views.keras_missing import missing

    yield from (one.key for one in subject.view(missing) if not one.brought)


def _in_training(subject: Subject) -> Iterator[str]:
    from loadstone.checks.views.keras_config import keras_file
    from loadstone.dialects.training3 import custom_in_training

    found = subject.view(keras_file)
    if found is not None and found.config is not None:
        inside = found.config.get("compile_config") if isinstance(found.config, dict) else None
        yield from (name for _, name in custom_in_training(found.training or inside))


def _require_objects(subject: Subject, given: Mapping[str, Any]) -> None:
    """Raise with every custom object that is missing, before Keras stops at the first."""
    names = {*given, *(name.rpartition(">")[2] for name in given)}
    missing = tuple(name for name in _needed(subject) if name not in names and name.rpartition(">")[2] not in names)
    if missing:
        several = "objects" if len(missing) > 1 else "object"
        raise _refusal(subject, f"the file needs {len(missing)} custom {several}: {', '.join(missing)}", given)


def _mended(subject: Subject, given: Mapping[str, Any], folder: Path, *, with_training: bool) -> str:
    """Return the path of the model to load: the file itself where nothing had to be mended."""
    from loadstone.checks.run import subjects
    from loadstone.repairs.registry import module

    steps = list(_REPAIRS)
    lacking = [name for name in _in_training(subject) if name not in given]
    if lacking and with_training:
        steps.append(_TRAINING)
        told = ", ".join(lacking)
        warnings.warn(f"the model is not compiled: {told} was not given", UserWarning, stacklevel=3)
    for number, step in enumerate(steps):
        repair = module(step)
        plan = repair.plan(subject)
        if plan is None or plan.grade != "safe":
            continue
        target = folder / str(number) / f"{subject.path.stem}{plan.suffix or subject.path.suffix}"
        target.parent.mkdir()
        repair.apply(plan, target)
        subject = subjects(str(target), subject.environment, None, None)[0]
    return subject.source


def _refusal(subject: Subject, fact: str, given: Mapping[str, Any], error: Exception | None = None) -> CannotLoadError:
    """Return the one error that says everything: what the file shows, and what Keras' message means."""
    from loadstone.checks.views.keras_missing import skeleton_of

    report = _report(subject)
    findings: list[Finding] = [finding for finding in report.findings if finding.severity != "info"]
    if error is not None:
        from loadstone.checks.explain import explain

        known = {finding.fault for finding in findings}
        explained = explain(f"{type(error).__name__}: {error}", subject.environment, files=False)
        findings += [finding for finding in explained.findings if finding.fault not in known]
    missing = tuple(name for name in _needed(subject) if name not in given)
    why = findings[0].fact if findings else (str(error).strip().splitlines() or [""])[-1][:300]
    return CannotLoadError(
        fact,
        where=subject.source,
        found="" if missing else why,
        help=findings[0].help if findings else "",
        findings=tuple(findings),
        custom_objects=missing,
        skeleton=skeleton_of(subject) if missing else "",
    )


def _report(subject: Subject) -> CheckReport:
    from loadstone.checks.run import check
    from loadstone.facts.finding import CheckReport

    try:
        return check(subject.source, subject.environment)
    except LoadstoneError:
        return CheckReport(subject.source)
