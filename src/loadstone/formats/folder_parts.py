"""The models below a folder, each read through its own reader.

What it is: names first (a SavedModel, a checkpoint, a Keras or TF.js folder are several files that belong together),
then content, file by file, for what is left. A part that cannot be read is still a part, with its error as a note.
What it is not: the choice among them (`folder`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from loadstone.errors import LoadstoneError
from loadstone.facts import FileFact, ModelFile
from loadstone.formats import registry
from loadstone.formats.checkpoint.checkpoint_files import SHARD_NAME
from loadstone.formats.checkpoint.shards import DATA_NAME
from loadstone.formats.registry import FALLBACK, Candidate
from loadstone.wire.limits import FOLDER_PARTS

FORMAT_OF = {
    "savedmodel": "savedmodel",
    "tfhub": "tfhub-v1",
    "frozen_graph": "frozen-graph",
    "metagraph": "metagraph",
    "checkpoint_v2": "checkpoint-v2",
    "checkpoint_v1": "checkpoint-v1",
    "keras_h5": "keras-h5",
    "keras_zip": "keras-zip",
    "keras_config": "keras-config",
    "tflite": "tflite",
    "tfjs": "tfjs-layers",
    "pipeline_config": "pipeline-config",
    "label_map": "label-map",
    "label_list": "label-map",
    "tfrecord": "tfrecord",
    "archive": "archive",
}
"""Module → the format that is meant where its reader fails."""

MEANT = (
    ("saved_model.pb", "savedmodel"),
    (".keras", "keras-zip"),
    (".weights.h5", "keras-h5-weights"),
    (".h5", "keras-h5"),
    (".hdf5", "keras-h5"),
    (".model", "keras-h5"),
    (".tflite", "tflite"),
    (".meta", "metagraph"),
    (".pb", "frozen-graph"),
    (".ckpt", "checkpoint-v1"),
    (".tfrecord", "tfrecord"),
    ("pipeline.config", "pipeline-config"),
    (".pbtxt", "label-map"),
)
"""The end of a name → the format that a file of that name is meant to be; what stands in its place is not."""

KNOWN = {*FORMAT_OF.values(), "keras-h5-weights", "tfjs-graph", "safetensors"}
"""Every format of ours."""

FOREIGN = (
    "onnx",
    "torch",
    "pickle",
    "joblib",
    "mindspore-checkpoint",
    "caffe",
    "coreml",
    "darknet-weights",
    "gguf",
    "paddle",
    "mxnet",
    "openvino-ir",
    "openvino-weights",
    "tensorrt",
    "hdf5",
    "ncnn",
    "mnn",
)
"""Models of others, which are told even where no model of ours is here."""

STAND_INS = ("html", "xml", "reencoded-binary", "empty", "symlink-text", "executable", "image")
"""What is told only where a model's name is on it."""

_SAVED_MODEL = {"saved_model.pb", "saved_model.pbtxt", "tfhub_module.pb", "keras_metadata.pb", "fingerprint.pb"}
_INNER = ("variables", "assets", "assets.extra")


@dataclass(frozen=True, slots=True)
class Part:
    """One model: its path and folder relative to the folder that was looked at."""

    path: str
    folder: str
    model: ModelFile
    in_place_of_model: bool = False


def read_parts(candidate: Candidate) -> tuple[list[Part], int]:
    """Return every model below the folder, and how many files were not looked at."""
    finder = _Finder(candidate)
    return list(finder.parts()), finder.unseen


class _Finder:
    """Walks the folders from the outside in; files that belong to a part are looked at once."""

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.taken: set[str] = set()
        self.unseen = 0
        self._left = FOLDER_PARTS
        self._folders = _by_folder(candidate.names)

    def parts(self) -> Iterator[Part]:
        for folder in sorted(self._folders, key=lambda name: (name.count("/") + bool(name), name)):
            if not self._is_inner(folder):
                yield from self._groups(folder)
                yield from self._singles(folder)

    def _is_inner(self, folder: str) -> bool:
        """Return whether a folder is hidden, or belongs to a part that was found further out."""
        steps = folder.split("/")
        hidden = any(step.startswith((".", "__MACOSX")) for step in steps if step)
        return hidden or any("/".join(steps[:end]) in self.taken for end in range(1, len(steps) + 1))

    def _groups(self, folder: str) -> Iterator[Part]:
        """Yield the parts that are several files of one folder."""
        files = self._folders[folder]
        for module, takes in (
            ("tfhub", self._takes_saved_model),
            ("savedmodel", self._takes_saved_model),
            ("keras_zip", self._takes_keras),
            ("checkpoint_v2", self._takes_checkpoint),
            ("checkpoint_v1", self._takes_checkpoint),
        ):
            if not (belongs := takes(folder, files)):
                continue
            inner = self._inner(folder)
            if self._sniffs(module, inner):
                part = self._read(module, inner, path=folder or ".")
                if prefix := part.model.details.get("prefix"):
                    part = replace(part, path=_join(folder, prefix))
                self.taken |= belongs | self._own_files(part, folder)
                yield part

    def _takes_saved_model(self, folder: str, files: set[str]) -> set[str]:
        variables = self._folders.get(_join(folder, "variables"), set())
        bundle = any(name.startswith("variables.") for name in variables)
        if not (bundle or files & {"saved_model.pb", "saved_model.pbtxt", "tfhub_module.pb"}):
            return set()
        names = {name for name in files if name in _SAVED_MODEL}
        return {_join(folder, name) for name in (*names, *_INNER)} - self.taken

    def _takes_keras(self, folder: str, files: set[str]) -> set[str]:
        if "config.json" not in files or not files & {"metadata.json", "model.weights.h5"}:
            return set()
        return {_join(folder, name) for name in ("config.json", "metadata.json", "model.weights.h5", "assets")}

    def _takes_checkpoint(self, folder: str, files: set[str]) -> set[str]:
        names = {
            name
            for name in files
            if name == "checkpoint"
            or name.endswith(".index")
            or DATA_NAME.fullmatch(name)
            or SHARD_NAME.fullmatch(name)
        }
        return {_join(folder, name) for name in names} - self.taken

    def _own_files(self, part: Part, folder: str) -> set[str]:
        """Return the files that a part counts as its own; the graph beside a checkpoint is a part of its own."""
        paths = (file.path for file in part.model.files if not file.path.endswith(".meta"))
        return {_join(folder, path.removeprefix(f"{folder}/")) for path in paths}

    def _singles(self, folder: str) -> Iterator[Part]:
        """Yield the parts that are one file."""
        # A JSON comes first: it may claim the weights beside it.
        for name in sorted(self._folders[folder], key=lambda name: (not name.endswith(".json"), name)):
            path = _join(folder, name)
            if path in self.taken or name.startswith("."):
                continue
            if self._left <= 0:
                self.unseen += 1
                continue
            self._left -= 1
            if (part := self._single(path, folder)) is not None:
                self.taken |= self._own_files(part, folder)
                yield part

    def _single(self, path: str, folder: str) -> Part | None:
        inner = self._inner(path, is_folder=False)
        try:
            module = registry.recognise(inner)
        except LoadstoneError as error:
            return self._broken(inner, FALLBACK, path=path, error=error) if _meant(path) else None
        if module == FALLBACK and not _meant(path) and not registry.takes(FALLBACK, inner):
            # Nothing names it and nothing is known of it: it is not worth reading whole.
            return None
        part = self._read(module, inner, path=path)
        meant, kind = _meant(path), part.model.format
        if kind == "git-lfs-pointer":
            return replace(part, model=_as_meant(part.model, meant, path)) if meant else None
        if kind in STAND_INS:
            return replace(part, in_place_of_model=True) if meant else None
        return part if kind in KNOWN or kind in FOREIGN else None

    def _sniffs(self, module: str, inner: Candidate) -> bool:
        try:
            return registry.takes(module, inner)
        except LoadstoneError:
            return False

    def _read(self, module: str, inner: Candidate, *, path: str) -> Part:
        try:
            model = registry.read_as(module, inner)
        except LoadstoneError as error:
            return self._broken(inner, module, path=path, error=error)
        return Part(path, self._relative(inner.folder), model)

    def _broken(self, inner: Candidate, module: str, *, path: str, error: LoadstoneError) -> Part:
        kind = FORMAT_OF.get(module) or _meant(path)
        files = () if inner.is_folder else (FileFact(path.rpartition("/")[2], "model", inner.size, state="unreadable"),)
        model = ModelFile(inner.source, kind, complete=False, files=files, notes=(str(error),), failure=error)
        return Part(path, self._relative(inner.folder), model)

    def _inner(self, path: str, *, is_folder: bool = True) -> Candidate:
        source = f"{self.candidate.source.rstrip('/')}/{path}" if path else self.candidate.source
        name = _join(self.candidate.name, path) if path else self.candidate.name
        return Candidate(source, self.candidate.tree, name, is_folder=is_folder)

    def _relative(self, folder: str) -> str:
        return folder.removeprefix(self.candidate.name).removeprefix("/") if self.candidate.name else folder


def _by_folder(names: tuple[str, ...]) -> Mapping[str, set[str]]:
    """Return folder → its own file names; folders that hold only folders are there too."""
    found: dict[str, set[str]] = defaultdict(set)
    for name in names:
        folder, _, file = name.rpartition("/")
        found[folder].add(file)
        while folder:
            folder = folder.rpartition("/")[0]
            _ = found[folder]
    return found


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _meant(path: str) -> str:
    """Return the format that a file of this name is meant to be; empty where the name says nothing."""
    return next((kind for ending, kind in MEANT if path.endswith(ending)), "")


def _as_meant(model: ModelFile, meant: str, path: str) -> ModelFile:
    """Return a pointer's account as that of the model it stands for."""
    notes = tuple(note.replace("this file", path.rpartition("/")[2], 1) for note in model.notes)
    files = tuple(replace(file, role="model") for file in model.files)
    return replace(model, format=meant, files=files, notes=notes)
