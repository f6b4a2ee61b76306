"""The Python interface of diagnosis and repair: `check`, `explain`, `fix`. Re-exported by `loadstone` itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadstone.facts.environment import Environment
    from loadstone.facts.explanation import Explanation
    from loadstone.facts.finding import CheckReport
    from loadstone.facts.plan import Fixed


def check(
    source: str | os.PathLike[str],
    *,
    config: str | os.PathLike[str] | None = None,
    labels: str | os.PathLike[str] | None = None,
    against: str | Environment | None = None,
    verify: bool = False,
) -> CheckReport:
    """Return every fault that the bytes, the neighbouring files and the target environment prove.

    `config` is a `pipeline.config` and `labels` a label map that belong to the source. `against` is the environment
    that it is to load in: a description (`tensorflow==2.15,python==3.11`), the path of another interpreter, or a value;
    default: this interpreter and its packages. `verify` compares every checksum of big files, too. Nothing raises for
    a broken file: that is a finding, or an error of the report.
    """
    from loadstone.checks import check as examine
    from loadstone.whereabouts import whereabouts

    return examine(whereabouts(source), target(against), config=config, labels=labels, deep=verify)


def check_each(
    sources: Iterable[str | os.PathLike[str]],
    *,
    against: str | Environment | None = None,
    verify: bool = False,
    jobs: int | None = None,
    done: Callable[[], None] = lambda: None,
) -> list[CheckReport]:
    """Return a report for each source, in order, examined on all cores (`jobs` processes at most).

    `done` is called after each. A source that ends the process which examines it has that as its report's error.
    """
    from loadstone.checks.each import check_each as examine

    return examine([os.fspath(source) for source in sources], target(against), deep=verify, jobs=jobs, done=done)


def explain(text: str, environment: Environment | str | None = None, *, files: bool = True) -> Explanation:
    """Return what an error text or log means: the findings that `check` would give, the innermost cause first.

    `environment` is what is known of where it happened: a value, or words (`Windows 10, TF 2.4`). What the text itself
    proves outranks words. A file that the text names and that lies here is examined as well, unless `files` is False.
    An unknown text gives no findings, and `understood` says what was read in it. Nothing raises.
    """
    from loadstone.checks.explain import explain as meant

    return meant(text, environment, files=files)


def target(against: str | Environment | None) -> Environment:
    """Return the environment that was named: a value, a description, another interpreter's path; or this one.

    Raises `SourceError` for words that describe none, `EnvironmentLacksError` for an interpreter that does not answer.
    """
    from loadstone.facts.environment import Environment

    if isinstance(against, Environment):
        return against
    from loadstone.environment.named import named

    return named(against or "")


def fix(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    only: Iterable[str] = (),
    to: str | os.PathLike[str] | None = None,
    rename: Iterable[tuple[str, str]] = (),
    against: str | Environment | None = None,
    origin: str | None = None,
    dry_run: bool = False,
) -> Fixed:
    """Mend a source into a new file and say what was done; the source is never touched.

    `only` limits it to repairs by name, and is the word that applies those graded `ask`. `to` is the checkpoint that a
    `pipeline.config` is to fit, or the configuration that a checkpoint is to fit. `rename` are rules (old
    beginning of a variable's name, new one) for a checkpoint. `origin` is where the file of a git-lfs pointer
    comes from: its address, its repository's, or `git` for the clone's own remote. `dry_run` plans and writes nothing.
    Raises `RefusedError` where `output` exists.
    """
    if origin is not None:
        from loadstone.api.pointer import fetch_pointer

        return fetch_pointer(source, output, origin, dry_run=dry_run)
    from loadstone.facts.plan import Fixed
    from loadstone.repairs import fix as mend
    from loadstone.repairs import plans
    from loadstone.whereabouts import whereabouts

    place = whereabouts(source)
    environment = target(against)
    if dry_run:
        return Fixed(place, None, (), plans(place, environment, only=only, to=to, rename=rename))
    return mend(place, output, environment=environment, only=only, to=to, rename=rename)


def skeleton(source: str | os.PathLike[str]) -> str:
    """Return Python code to fill in for the custom objects that a Keras model needs; empty where it needs none.

    Names, constructor arguments and weight shapes are the file's. Raises what reading the source raises.
    """
    from loadstone.checks.run import subjects
    from loadstone.checks.views.keras_missing import skeleton_of
    from loadstone.whereabouts import whereabouts

    return skeleton_of(subjects(whereabouts(source), target(None), None, None)[0])


def write_skeleton(source: str | os.PathLike[str], path: str | os.PathLike[str]) -> str:
    """Write the code to fill in to a new file, and return a sentence that says so.

    Raises `RefusedError` where the file exists.
    """
    from pathlib import Path

    from loadstone.errors import RefusedError

    code = skeleton(source)
    if not code:
        return "no custom object is needed: no skeleton written"
    try:
        with Path(path).open("x", encoding="utf-8") as out:
            out.write(code)
    except FileExistsError as error:
        raise RefusedError("the file exists, and is not overwritten", where=str(path), help="name another") from error
    return f"{os.fspath(path)}: code to fill in"
