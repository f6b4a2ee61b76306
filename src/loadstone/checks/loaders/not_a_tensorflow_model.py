"""The file is a model, or something else, of another kind than TensorFlow's or Keras's.

What is seen

    `not an sstable`, `Error parsing message`, `file signature not found`, `File format not supported` for a file
    that its own program reads well.

Why

    Names such as `model.ckpt`, `model.pb`, `.pth` or `.model` are used by several frameworks; the first bytes say
    which.

Remedy

    Read it with the program that wrote it, or fetch the TensorFlow version of the model. Of models that another engine
    runs (ONNX: onnxruntime, OpenVINO's IR: openvino, …) the line that opens them there is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.other_things import STAND_INS, what_it_is
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.kinds.other_engines import engine_help

FAULT = Fault(
    "not-a-tensorflow-model",
    "error",
    help="read it with the program that wrote it, or fetch the TensorFlow version of the model",
)

TEXTS = (
    Saying(
        r"(?P<path>(?<![^\s'\"=])[^\s'\"=]{1,400}\.(?P<ending>pt|pth|onnx|caffemodel|safetensors|gguf|mlmodel|params"
        r"|pdparams))\b[^\n]{0,80}(?:not an sstable|Error parsing message"
        r"|signature not found|File format not supported)"
        r"|(?:not an sstable|Error parsing message|signature not found"
        r"|File format not supported)[^\n]{0,80}?(?P<other>[^\s'\"=]*\.(?:pt"
        r"|pth|onnx|caffemodel|safetensors|gguf|mlmodel|params|pdparams))\b",
        "{path}{other} is a model of another framework",
        certainty="likely",
    ),
)
_TOLD_ELSEWHERE = STAND_INS | {"unknown", "folder"}
_NOT_MODELS = frozenset(("text", "json", "image", "media", "pdf", "notebook"))


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what the file is, where its reader is the table of other things."""
    candidate, model = subject.candidate, subject.model
    if candidate is None or model is None or candidate.is_folder or not subject.top or subject.container:
        return
    if subject.format in _TOLD_ELSEWHERE or model.tensors or model.layers or model.ops or not model.notes:
        return
    if not model.notes[0].startswith("this file is ") or (
        subject.format in _NOT_MODELS and not _named_as_model(subject)
    ):
        return
    yield FAULT.finding(
        f"{subject.path.name} is {what_it_is(subject)}",
        Evidence(subject.source, subject.format, ("a model of TensorFlow or Keras")),
        help=engine_help(subject.format, subject.source),
    )


def otherwise(subject: Subject) -> Iterator[Finding]:
    """Yield that there is no model, where no other fault told anything: silence would pass for a sound one."""
    if subject.model is None or subject.format not in ("empty", "unknown"):
        return
    words, path = subject.model.notes[0], subject.path.absolute()
    fact = words.replace("this folder", f"the folder {path.name}", 1).replace("this file", path.name, 1)
    yield FAULT.finding(
        fact,
        Evidence(subject.source, "no model", "a file or folder of TensorFlow or Keras"),
        help=f"name what the model was saved to, or fetch it again; see loadstone inspect {quote(subject.source)}",
    )


def _named_as_model(subject: Subject) -> bool:
    return subject.path.suffix.lower() in (
        ".h5",
        ".hdf5",
        ".keras",
        ".pb",
        ".tflite",
        ".ckpt",
        ".index",
        ".pbtxt",
        ".model",
    )
