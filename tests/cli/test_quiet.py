"""What gets through while TensorFlow is loaded: its own log does not, words of Python and of a crash do."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

SAYS = """
import os, sys
from loadstone.cli.quiet import filtered
with filtered():
    os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n")
    os.write(2, b"I0000 00:00:1795807472.132507   20054 port.cc:153] oneDNN custom operations are on.\\n")
    os.write(2, b"2024-01-01 00:00:00.123456: I tensorflow/core/platform/cpu_feature_guard.cc:182] built so\\n")
    os.write(2, b"F0000 00:00:1795807472.132507   20054 cpu.cc:9] compiled to use AVX\\n")
    print("Python's own words", file=sys.stderr)
    {last}
print("afterwards", file=sys.stderr)
"""
KEPT = ["F0000 00:00:1795807472.132507   20054 cpu.cc:9] compiled to use AVX", "Python's own words"]


def said(code: str, **environment: str) -> tuple[int, list[str]]:
    own = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**own, **environment})
    return done.returncode, done.stderr.splitlines()


def test_only_the_log_is_kept_back() -> None:
    assert said(SAYS.format(last="pass")) == (0, [*KEPT, "afterwards"])


def test_an_error_and_a_crash_keep_their_words() -> None:
    code, lines = said(SAYS.format(last="raise ValueError('of the import')"))
    assert code == 1
    assert lines[:2] == KEPT
    assert lines[-1] == "ValueError: of the import"
    code, lines = said(SAYS.format(last="os.abort()"))
    assert code != 0
    assert lines == KEPT


@pytest.mark.slow
@pytest.mark.skipif(find_spec("tensorflow") is None, reason="no TensorFlow")
def test_tensorflow_is_imported_without_a_word() -> None:
    code = "from loadstone.cli.quiet import quieten; quieten(); import tensorflow; tensorflow.constant(1)"
    assert said(code) == (0, [])
    # Who has set the level himself is not interfered with.
    assert said(f"{code}; import sys; print(tensorflow.constant(1))", TF_CPP_MIN_LOG_LEVEL="0")[1]
