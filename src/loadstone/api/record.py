"""`save` and `record`: a model with a record beside it, for `check` to compare with later."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

RECORDED_PACKAGES = (
    "tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos", "keras", "tf-keras", "keras-core", "numpy",
    "h5py", "protobuf", "ml-dtypes", "tensorflow-hub", "tensorflow-text", "tensorflow-addons", "tensorflow-probability",
    "tf-models-official", "keras-hub", "keras-cv", "keras-nlp", "jax", "torch", "openvino", "loadstone",
)  # fmt: skip
"""Packages whose version changes what a model's file holds or how it loads."""


class Savable(Protocol):
    """A model that writes itself, as Keras models do."""

    def save(self, filepath: str) -> object:
        """Write the model to a path."""


def record(source: str | os.PathLike[str], *, custom_objects: Iterable[object] = ()) -> Path:
    """Write a record beside a model and return its path (`model.keras.record.json`).

    It holds the hashes of the files and the checksums of the tensors, what the file says of its makers, the versions
    here, the names that stock runtimes do not know, and the commit of the repository around the working folder (or
    around the model). `custom_objects` are the classes and functions behind those names: their modules and the hashes
    of their sources are recorded too. An older record is replaced. Raises `SourceError` and `FormatError`.
    """
    import json
    from dataclasses import replace
    from datetime import UTC, datetime

    from loadstone.environment.commit import commit
    from loadstone.formats import record as records
    from loadstone.formats import registry as formats

    place = os.fspath(source)
    candidate = formats.locate(place)
    model = formats.read(candidate)
    made = records.Record(
        model.format,
        tuple(records.files(candidate, model)),
        records.tensors(model),
        {str(name): str(value) for name, value in model.producer.items()},
        _versions(),
        _origins(model.custom, custom_objects),
    )
    found = commit(Path.cwd()) or commit(Path(place).resolve().parent)
    made = replace(made, commit=found, recorded=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    target = records.beside(place)
    _write(target, json.dumps(made.document(), ensure_ascii=False, indent=1) + "\n")
    return target


def save(model: Savable, path: str | os.PathLike[str], *, custom_objects: Iterable[object] = ()) -> Path:
    """Write a model with its own `save` and a record beside it; return the record's path.

    The model is written under another name and put in its place when it is whole. The classes and functions that the
    model's layers are of are recorded without being named. Raises `RefusedError` where a folder lies at `path`.
    """
    from loadstone.errors import RefusedError

    target = Path(path)
    if target.is_dir():
        raise RefusedError("a folder lies there", where=str(target), help="name a path that does not exist yet")
    # The ending stays the last one: Keras takes the format from it.
    fresh = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        model.save(os.fspath(fresh))
        os.replace(fresh, target)
    finally:
        if fresh.is_file():
            fresh.unlink()
    return record(target, custom_objects=[*custom_objects, *_classes(model)])


def _classes(model: Any) -> list[type]:
    """Return the classes of a model, its layers and what compiles it, other than the frameworks' own."""
    parts = [model, *getattr(model, "_flatten_layers", lambda: getattr(model, "layers", ()))()]
    parts += [getattr(model, name, None) for name in ("optimizer", "loss")]
    classes = {type(part) for part in parts if part is not None and not isinstance(part, str | list | dict)}
    frameworks = ("keras", "tensorflow", "tf_keras", "builtins")
    return [kind for kind in classes if kind.__module__.partition(".")[0] not in frameworks]


def _versions() -> dict[str, str]:
    from loadstone.environment.here import here

    known = here()
    found = {"python": known.python, "system": known.system, "machine": known.machine}
    return found | {name: known.packages[name] for name in RECORDED_PACKAGES if name in known.packages}


def _origins(names: Iterable[str], objects: Iterable[object]) -> dict[str, dict[str, str]]:
    """Return for each custom name where it comes from, as far as the objects tell."""
    import contextlib
    import hashlib
    import inspect

    found: dict[str, dict[str, str]] = {name: {} for name in names}
    for item in objects:
        name = getattr(item, "__name__", type(item).__name__)
        origin = {"module": str(getattr(item, "__module__", ""))}
        # What was typed into a console has no source to hash.
        with contextlib.suppress(OSError, TypeError):
            origin["source_sha256"] = hashlib.sha256(inspect.getsource(item).encode()).hexdigest()  # type: ignore[arg-type]
        found[name] = origin
    return found


def _write(target: Path, text: str) -> None:
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, target)
    finally:
        fresh.unlink(missing_ok=True)
