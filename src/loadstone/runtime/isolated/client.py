"""The other end of the worker: starts it in an environment, sends arrays, and turns its death into a message.

The protocol is stated in `worker.py`. A worker answers one request at a time; a native crash there (a segmentation
fault, an instruction that the processor lacks, the kernel's out-of-memory killer) ends the worker and not this process.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import tempfile
import threading
import weakref
from pathlib import Path
from shlex import quote
from typing import IO, TYPE_CHECKING, Any

from loadstone.errors import EnvironmentLacksError, FormatError, LoadstoneError, SourceError, UnsupportedModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

WORKER = Path(__file__).with_name("worker.py")
TIMEOUT = 600.0
"""Seconds an answer may take; opening a large detector with TensorFlow takes twenty."""
HEADER_CAP = 16 << 20
"""Bytes of JSON that an answer may have; outputs are listed there, and a detector has eight."""
ARRAY_CAP = 4 << 30
"""Bytes that one output may have."""
NOT_HANDED_ON = ("PYTHONPATH", "PYTHONHOME", "TF2_BEHAVIOR", "TF_USE_LEGACY_KERAS")
"""Variables that belong to this Python: TensorFlow 2 sets `TF2_BEHAVIOR` when it is imported, and 1 obeys it."""
_WORDS = 4000
"""Characters of what the worker printed that are kept for a message."""


class Worker:
    """A running worker. Use it as a context, or `close` it."""

    def __init__(self, python: str, *, variables: Mapping[str, str] | None = None, timeout: float = TIMEOUT) -> None:
        self.python = python
        self._model = ""
        self._timeout = timeout
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the worker
        environment = {"TF_CPP_MIN_LOG_LEVEL": "2", **os.environ, "KERAS_BACKEND": "tensorflow"}
        for name in NOT_HANDED_ON:
            environment.pop(name, None)
        try:
            self._process = subprocess.Popen(
                [python, "-c", WORKER.read_text(encoding="utf-8")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._printed,
                env={**environment, **(variables or {})},
            )
        except OSError as error:
            self._printed.close()
            raise EnvironmentLacksError(f"the worker cannot be started: {error.strerror}", where=python) from error
        # A worker that nobody closed ends with the object that holds it, or with this process.
        self._end = weakref.finalize(self, _stop, self._process, self._printed)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(
        self,
        path: str,
        kind: str,
        *,
        module: str = "",
        signature: str = "",
        session: bool = False,
        keras1: bool = False,
    ) -> dict[str, Any]:
        """Open a model there; return what it is: `inputs`, `outputs`, and the versions that opened it.

        `session` opens a SavedModel as TensorFlow 1 does, whatever TensorFlow is there; `keras1` takes the package
        keras of that environment for a model that tf.keras does not read.
        """
        self._model = path
        request = {"op": "open", "path": os.path.abspath(path), "kind": kind, "module": module}
        return self._ask(request | {"signature": signature, "session": session, "keras1": keras1}, {})[0]

    def run(self, arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """Run the open model; input name -> array in, output name -> array out. One array fits whatever its name."""
        return self._ask({"op": "run"}, arrays)[1]

    def close(self) -> None:
        """End the worker: its input ends, and it is killed if it does not end within five seconds."""
        self._end()

    def _ask(
        self, fields: dict[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
    ) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        late = threading.Event()

        process = self._process

        def stop() -> None:
            late.set()
            process.kill()

        alarm = threading.Timer(self._timeout, stop)
        alarm.start()
        try:
            self._send(fields, arrays)
            answer, found = self._receive()
        except (OSError, EOFError) as error:
            if late.is_set():
                raise UnsupportedModelError(
                    f"no answer from the model's own environment within {self._timeout:g} s", where=self.python
                ) from None
            raise self._died() from error
        finally:
            alarm.cancel()
        if not answer.get("ok"):
            raise self._refused(answer, "open" if fields["op"] == "open" else "run")
        return answer, found

    def _send(self, fields: dict[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        stream = self._process.stdin
        if stream is None:
            raise EOFError
        entries, parts = [], []
        for name, array in arrays.items():
            plain = array.astype(array.dtype.newbyteorder("<"), copy=False)
            entries.append({"name": name, "dtype": plain.dtype.str, "shape": list(array.shape), "bytes": plain.nbytes})
            parts.append(plain.tobytes())
        text = json.dumps({**fields, "arrays": entries}).encode()
        stream.write(struct.pack(">I", len(text)) + text)
        for part in parts:
            stream.write(part)
        stream.flush()

    def _receive(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        (length,) = struct.unpack(">I", self._exactly(4))
        if length > HEADER_CAP:
            raise FormatError(
                "an answer of the worker is too long", expected=f"{HEADER_CAP:,}", found=f"{length:,} bytes"
            )
        fields = json.loads(self._exactly(length))
        return fields, {entry["name"]: self._array(entry) for entry in fields.get("arrays", ())}

    def _array(self, entry: Mapping[str, Any]) -> npt.NDArray[np.generic]:
        import numpy as np

        if not 0 <= entry["bytes"] <= ARRAY_CAP:
            raise FormatError("an output of the worker is too long", found=f"{entry['name']}: {entry['bytes']:,} bytes")
        data = self._exactly(entry["bytes"])
        return np.frombuffer(data, np.dtype(entry["dtype"])).reshape(entry["shape"])

    def _exactly(self, size: int) -> bytes:
        stream = self._process.stdout
        data = stream.read(size) if stream is not None else b""
        if len(data) < size:
            raise EOFError
        return data

    def _died(self) -> LoadstoneError:
        """Say how the worker ended: by which signal, and what that usually means."""
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        fact, advice = _ending(code, self._model)
        return UnsupportedModelError(fact, where=self.python, found=self._last_words(), help=advice)

    def _last_words(self) -> str:
        self._printed.seek(0, os.SEEK_END)
        self._printed.seek(max(0, self._printed.tell() - _WORDS))
        lines = [line.strip() for line in self._printed.read().decode("utf-8", "replace").splitlines() if line.strip()]
        return " | ".join(lines[-3:])[-600:]

    def _refused(self, answer: Mapping[str, Any], verb: str) -> LoadstoneError:
        """Return what TensorFlow said there as an error of ours."""
        kind, said = str(answer.get("kind", "")), " ".join(str(answer.get("error", "")).split())
        error: type[LoadstoneError] = UnsupportedModelError
        advice = ""
        if kind in ("FileNotFoundError", "OSError", "NotFoundError"):
            error = SourceError
        elif kind in ("ModuleNotFoundError", "ImportError"):
            error, advice = EnvironmentLacksError, f"{self.python} -m pip install the module that is named"
        elif "nknown layer" in said or "Could not locate" in said or "nknown object" in said:
            advice = "name the module that defines it: --custom FILE.py, or custom= in loadstone.load"
        return error(
            f"the model does not {verb} in its own environment: {kind}",
            where=str(answer.get("place", "")),
            found=said[:600],
            help=advice,
        )


def _stop(process: subprocess.Popen[bytes], printed: IO[bytes]) -> None:
    """End a process by ending its input; a second call finds nothing to do."""
    if process.stdin is not None:
        try:
            process.stdin.close()
        except OSError:
            process.kill()  # What was still to be written has no reader any more.
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
    printed.close()


def _ending(code: int, model: str) -> tuple[str, str]:
    """Return (fact, help) for the exit code of a worker that ended by itself; a signal is negative, or 128 and more.

    `model` is the path that was opened there.
    """
    number = -code if code < 0 else code - 128 if code > 128 else 0
    name = signal.Signals(number).name if number in set(signal.Signals) else ""
    facts = {
        "SIGSEGV": (
            "native code crashed there (segmentation fault)",
            f"try another release: loadstone env {quote(model)} --tensorflow VERSION --create DIR, then --python DIR",
        ),
        "SIGILL": (
            "native code there used an instruction that this processor lacks",
            f"TensorFlow's wheels need AVX; run the model without it: loadstone.load({model!r})",
        ),
        "SIGKILL": (
            "the worker was killed: memory ran out, most likely",
            "use smaller pictures, or a machine with more memory",
        ),
        "SIGABRT": ("native code there gave up (abort)", "the last lines that it printed say why"),
        "SIGBUS": (
            "native code there could not read a file that was mapped",
            "see whether the disk is full or the file cut",
        ),
        "SIGFPE": ("native code there divided by zero", ""),
    }
    if name in facts:
        return facts[name]
    return f"the model's own environment ended with exit code {code}{f' ({name})' if name else ''}", ""
