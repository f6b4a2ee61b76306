"""The worker: opens a model with the TensorFlow or Keras of the environment it runs in, and runs it on arrays.

One file, the standard library alone, Python 3.7 and newer; NumPy comes with TensorFlow. It is started by `client.py`
as a program, and speaks frames over standard input and output:

    4 bytes   length of the JSON, big-endian
    JSON      {"op": ..., "arrays": [{"name", "dtype", "shape", "bytes"}], ...}
    bytes     the arrays one after the other, C order, little-endian

Operations: `open` (path, kind, session, keras1, tags, signature, module), `run` (arrays), `close`. An answer has `ok`;
where that is false, `error` is the message, `kind` the exception's name, and `place` the innermost line outside of
TensorFlow.

What stands in a file is not run, but for what TensorFlow's own loader runs; a module for custom objects is imported
only when its name was handed over by the user. Whatever TensorFlow prints goes to standard error.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import struct
import sys
import traceback
from typing import Any, BinaryIO

Fields = Any
"""A frame's JSON object: field -> plain value. (`dict[str, Any]` cannot be written as a value on Python 3.7.)"""

DETECTIONS = ("detection_boxes", "detection_scores", "detection_classes", "num_detections")
SERVING = "serving_default"


def main() -> None:
    """Answer frames until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    # TensorFlow and the modules that it loads print to standard output, which would break the frames.
    os.dup2(2, 1)
    requests = os.fdopen(os.dup(0), "rb")
    model: Any = None
    while True:
        request = read_frame(requests)
        if request is None or request[0].get("op") == "close":
            return
        try:
            if request[0]["op"] == "open":
                model = open_model(request[0])
                write_frame(answers, dict(model.facts(), ok=True), {})
            else:
                if model is None:
                    raise RuntimeError("no model is open")
                write_frame(answers, {"ok": True}, model.run(request[1]))
        except BaseException as error:  # Whatever it is, the other side has to hear of it.
            if isinstance(error, KeyboardInterrupt):
                return
            write_frame(answers, failure(error), {})


def failure(error: BaseException) -> Fields:
    """Return an exception as an answer."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [
        f"{frame.filename}:{frame.lineno}"
        for frame in frames
        if frame.filename not in ("<string>", globals().get("__file__"))
    ]
    return {
        "ok": False,
        "kind": type(error).__name__,
        "error": str(error)[:4000],
        "place": places[-1] if places else "",
    }


def read_frame(stream: BinaryIO) -> tuple[Fields, dict[str, Any]] | None:
    """Return (fields, name -> array) of the next frame; None at the end."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    fields = json.loads(stream.read(struct.unpack(">I", head)[0]).decode("utf-8"))
    arrays = {}
    for entry in fields.get("arrays", ()):
        import numpy

        data = stream.read(entry["bytes"])
        arrays[entry["name"]] = numpy.frombuffer(data, dtype=entry["dtype"]).reshape(entry["shape"])
    return fields, arrays


def write_frame(stream: BinaryIO, fields: Fields, arrays: dict[str, Any]) -> None:
    """Write one frame; arrays of text become objects that nobody can read, and are left out by name."""
    entries: list[Fields] = []
    parts: list[bytes] = []
    left_out: list[str] = []
    for name, array in arrays.items():
        if array.dtype.hasobject:
            left_out.append(name)
            continue
        data = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        kind = array.dtype.newbyteorder("<").str
        entries.append({"name": name, "dtype": kind, "shape": list(array.shape), "bytes": len(data)})
        parts.append(data)
    text = json.dumps(dict(fields, arrays=entries, left_out=left_out)).encode("utf-8")
    stream.write(struct.pack(">I", len(text)) + text)
    for part in parts:
        stream.write(part)
    stream.flush()


def open_model(request: Fields) -> Any:
    """Open a model of a kind: `savedmodel`, `frozen` or `keras`."""
    sys.path.insert(0, os.getcwd())
    custom = custom_objects(request.get("module") or "")
    import tensorflow as tf

    _leave_memory(tf)
    opener = {"savedmodel": SavedModel, "frozen": Frozen, "keras": Keras}[request["kind"]]
    return opener(tf, request, custom)


def _leave_memory(tf: Any) -> None:
    """Let a card's memory grow as needed, where this TensorFlow has a card and the function."""
    try:
        for card in tf.config.experimental.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(card, True)
    except (AttributeError, RuntimeError, ValueError):
        pass


def custom_objects(named: str) -> dict[str, Any]:
    """Return name -> class or function of the module (a file's path, or a name on the path) that the user named."""
    if not named:
        return {}
    if os.path.isfile(named):
        spec: Any = importlib.util.spec_from_file_location("loadstone_custom", named)
        module = importlib.util.module_from_spec(spec)
        sys.modules["loadstone_custom"] = module
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(named)
    found = getattr(module, "custom_objects", None)
    if isinstance(found, dict):
        return found
    return {name: value for name, value in vars(module).items() if callable(value) and not name.startswith("_")}


def described(name: str, dtype: str, shape: list[int | None] | None) -> Fields:
    """Return an input or output as JSON; unknown sides are null."""
    return {"name": name, "dtype": dtype, "shape": shape}


def sides(shape: Any) -> list[int | None] | None:
    """Return a TensorShape's sides with None for unknown ones, and None for an unknown rank."""
    try:
        # A Dimension of TensorFlow 1 holds its number, or None, in `value`.
        values = [getattr(side, "value", side) for side in shape]
        return [None if value is None else int(value) for value in values]
    except (ValueError, TypeError):
        return None


class Model:
    """What every kind offers: `inputs`, `outputs` (JSON descriptions) and `run`."""

    def __init__(self, tf: Any) -> None:
        self.tf = tf
        self.inputs: list[Fields] = []
        self.outputs: list[Fields] = []

    def facts(self) -> Fields:
        """Return what the other side needs to know."""
        keras = sys.modules.get("keras")
        return {
            "tensorflow": self.tf.__version__,
            "keras": getattr(keras, "__version__", ""),
            "python": ".".join(map(str, sys.version_info[:3])),
            "inputs": self.inputs,
            "outputs": self.outputs,
        }

    def one_input(self, arrays: dict[str, Any]) -> dict[str, Any]:
        """Return the array for a model of one input, whatever it is called on the other side."""
        return arrays if len(arrays) != 1 else {self.inputs[0]["name"]: next(iter(arrays.values()))}


class SavedModel(Model):
    """A SavedModel through one of its signatures: as a session in TensorFlow 1, as a function in 2."""

    def __init__(self, tf: Any, request: Fields, custom: dict[str, Any]) -> None:
        super().__init__(tf)
        tags = request.get("tags") or ["serve"]
        self._session: Any = None
        self._function: Any = None
        if tf.__version__.startswith("1.") or request.get("session"):
            # What TensorFlow 1 wrote may hold reference variables, which the functions of 2 do not take.
            self._as_session(request, tags)
        else:
            self._as_function(request, tags)

    def _as_session(self, request: Fields, tags: list[str]) -> None:
        v1 = self.tf.compat.v1
        graph = self.tf.Graph()
        self._session = v1.Session(graph=graph)
        with graph.as_default():
            meta = v1.saved_model.loader.load(self._session, tags, request["path"])
        signature = meta.signature_def[_signature_of(meta.signature_def, request.get("signature"))]
        self._feeds = {name: info.name for name, info in signature.inputs.items()}
        self._fetches = {name: info.name for name, info in signature.outputs.items()}
        find = graph.get_tensor_by_name
        self.inputs = [_of_tensor(name, find(place)) for name, place in sorted(self._feeds.items())]
        self.outputs = [_of_tensor(name, find(place)) for name, place in sorted(self._fetches.items())]

    def _as_function(self, request: Fields, tags: list[str]) -> None:
        self._loaded = self.tf.saved_model.load(request["path"], tags=tags)
        signatures = getattr(self._loaded, "signatures", {})
        self._function = signatures[_signature_of(signatures, request.get("signature"))]
        specs = self._function.structured_input_signature[1]
        outputs = self._function.structured_outputs
        self.inputs = [_of_spec(name, spec) for name, spec in sorted(specs.items())]
        self.outputs = [_of_spec(name, spec) for name, spec in sorted(outputs.items())]

    def run(self, arrays: dict[str, Any]) -> dict[str, Any]:
        """Return output name -> array."""
        arrays = self.one_input(arrays)
        if self._session is not None:
            feeds = {self._feeds[name]: array for name, array in arrays.items()}
            return dict(self._session.run(self._fetches, feeds))
        tensors = {name: self.tf.convert_to_tensor(array) for name, array in arrays.items()}
        return {name: value.numpy() for name, value in self._function(**tensors).items()}


def _signature_of(signatures: Any, wanted: str | None) -> str:
    names = [str(name) for name in signatures if not name.startswith("__")]
    if wanted:
        if wanted not in names:
            raise KeyError(f"there is no signature {wanted!r}; there are: {', '.join(sorted(names)) or 'none'}")
        return wanted
    if not names:
        raise KeyError("the model has no signature, so that nothing says how it is called")
    return SERVING if SERVING in names else sorted(names)[0]


def _of_spec(name: str, spec: Any) -> Fields:
    return described(name, spec.dtype.base_dtype.name, sides(spec.shape))


def _of_tensor(name: str, tensor: Any) -> Fields:
    return described(
        name, tensor.dtype.base_dtype.name, sides(tensor.shape) if tensor.shape.ndims is not None else None
    )


class Frozen(Model):
    """A frozen graph in a session: placeholders go in, the detector's outputs or the last nodes come out."""

    def __init__(self, tf: Any, request: Fields, custom: dict[str, Any]) -> None:
        super().__init__(tf)
        v1 = tf.compat.v1
        definition = v1.GraphDef()
        with open(request["path"], "rb") as file:
            data = file.read()
        if data[:64].lstrip().startswith((b"node {", b"node{", b"#", b"versions")):
            text_format = importlib.import_module("google.protobuf.text_format")
            text_format.Parse(data.decode("utf-8"), definition)
        else:
            definition.ParseFromString(data)
        graph = tf.Graph()
        with graph.as_default():
            v1.import_graph_def(definition, name="")
        self._session = v1.Session(graph=graph)
        operations = graph.get_operations()
        self._feeds = [one.outputs[0] for one in operations if one.type == "Placeholder"]
        self._fetches = _last_outputs(operations)
        self.inputs = [_of_tensor(one.op.name, one) for one in self._feeds]
        self.outputs = [_of_tensor(one.op.name, one) for one in self._fetches]

    def run(self, arrays: dict[str, Any]) -> dict[str, Any]:
        """Return output name -> array."""
        arrays = self.one_input(arrays)
        feeds = {one: arrays[one.op.name] for one in self._feeds if one.op.name in arrays}
        values = self._session.run(self._fetches, feeds)
        return {one.op.name: value for one, value in zip(self._fetches, values)}  # noqa: B905 - Python 3.7 has no strict


def _last_outputs(operations: list[Any]) -> list[Any]:
    named = {one.name: one for one in operations}
    if DETECTIONS[0] in named:
        return [named[name].outputs[0] for name in DETECTIONS if name in named]
    last = [one for one in operations if one.outputs and one.type not in ("Const", "Placeholder", "NoOp", "Assert")]
    return [one.outputs[0] for one in last if not any(output.consumers() for output in one.outputs)]


class Keras(Model):
    """A Keras model: legacy HDF5 or `.keras`, with the custom objects of the module that the user named."""

    def __init__(self, tf: Any, request: Fields, custom: dict[str, Any]) -> None:
        super().__init__(tf)
        if request.get("keras1"):
            models = importlib.import_module("keras.models")
            self._model = models.load_model(request["path"], custom_objects=custom)
        else:
            self._model = tf.keras.models.load_model(request["path"], custom_objects=custom, compile=False)
        self.inputs = [self._fact(one) for one in self._model.inputs]
        self.outputs = [self._fact(one) for one in self._model.outputs]

    def _fact(self, tensor: Any) -> Fields:
        dtype = getattr(tensor.dtype, "name", None) or str(tensor.dtype)
        return described(tensor.name.split(":")[0], dtype, sides(tensor.shape))

    def run(self, arrays: dict[str, Any]) -> dict[str, Any]:
        """Return output name -> array."""
        arrays = self.one_input(arrays)
        given = [arrays[one["name"]] for one in self.inputs]
        values = self._model.predict(given if len(given) > 1 else given[0], verbose=0)
        values = values if isinstance(values, (list, tuple)) else [values]
        return {one["name"]: value for one, value in zip(self.outputs, values)}  # noqa: B905 - as above


if __name__ == "__main__":
    main()
