"""`python -m loadstone.run` and the IPython extension: the failure is explained, everything else stays as it is."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loadstone import ipython

LOCKED = (
    "OSError: Unable to open file (unable to lock file, errno = 11, error message = 'Resource temporarily unavailable')"
)


def _run(tmp_path: Path, code: str, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    script = tmp_path / "script.py"
    script.write_text(code)
    command = [sys.executable, "-m", "loadstone.run", str(script), *words]
    return subprocess.run(command, capture_output=True, text=True, input=given, timeout=60, check=False)


def test_a_script_that_succeeds_is_left_alone(tmp_path: Path) -> None:
    done = _run(
        tmp_path,
        "import sys; print(sys.argv[1:], input(), __name__); print('w', file=sys.stderr)",
        "--a",
        "b",
        given="x\n",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "['--a', 'b'] x __main__\n", "w\n")


def test_a_failure_is_explained_after_its_traceback(tmp_path: Path) -> None:
    done = _run(tmp_path, f"raise OSError({LOCKED!r})")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.index("Traceback") < done.stderr.index("h5-file-open-elsewhere")


@pytest.mark.parametrize(("code", "expected"), [("raise SystemExit(7)", 7), ("import os; os._exit(9)", 9)])
def test_an_exit_code_is_passed_on_without_a_word(tmp_path: Path, code: str, expected: int) -> None:
    done = _run(tmp_path, code)
    assert (done.returncode, done.stderr) == (expected, "")


def test_a_crash_of_native_code_gives_the_shell_s_code(tmp_path: Path) -> None:
    done = _run(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    assert done.returncode == 132
    assert "env-cpu-no-avx" in done.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGRTMIN"), reason="this system has no real-time signals")
def test_a_signal_without_a_name_gives_the_shell_s_code(tmp_path: Path) -> None:
    done = _run(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGRTMIN + 3)")
    assert (done.returncode, done.stderr) == (128 + signal.SIGRTMIN + 3, "")


def test_an_unknown_failure_says_what_was_understood(tmp_path: Path) -> None:
    done = _run(tmp_path, "raise ZeroDivisionError('of one')")
    assert done.returncode == 1
    assert "not known" in done.stderr
    assert "ZeroDivisionError: of one" in done.stderr


def test_without_a_script_the_usage_is_shown() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loadstone.run"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "python -m loadstone.run script.py" in done.stderr


class FakeShell:
    """The two methods of IPython's shell that the extension uses."""

    def __init__(self) -> None:
        self.classes: tuple[type[BaseException], ...] = ()
        self.handler: Any = None
        self.shown: list[Any] = []

    def set_custom_exc(self, exc_tuple: tuple[type[BaseException], ...], handler: Any) -> None:
        self.classes, self.handler = exc_tuple, handler

    def showtraceback(self, exc_tuple: Any = None, *, tb_offset: int | None = None) -> None:
        self.shown.append((exc_tuple[0], tb_offset))


def test_the_extension_shows_the_traceback_and_then_the_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    shell = FakeShell()
    ipython.load_ipython_extension(shell)
    assert list(shell.classes) == [Exception]
    try:
        raise OSError(LOCKED)
    except OSError as error:
        shell.handler(shell, type(error), error, error.__traceback__, tb_offset=1)
    assert shell.shown == [(OSError, 1)]
    assert "h5-file-open-elsewhere" in capsys.readouterr().out
    shell.handler(shell, ValueError, ValueError("of no kind"), None)
    assert capsys.readouterr().out == ""
    ipython.unload_ipython_extension(shell)
    assert list(shell.classes) == []


def test_the_extension_works_in_ipython(tmp_path: Path) -> None:
    pytest.importorskip("IPython", reason="IPython is not installed")
    failing = f"raise OSError({LOCKED!r})"
    code = (
        "from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance(); "
        "s.run_line_magic('load_ext', 'loadstone.ipython'); "
        f"s.run_cell({failing!r}); "
        "s.run_line_magic('unload_ext', 'loadstone.ipython'); s.run_cell('raise ValueError(5)')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "IPYTHONDIR": str(tmp_path),
            "PYTHONPATH": ":".join(sys.path),
        },
    )
    assert done.stdout.count("h5-file-open-elsewhere") == 1
    assert done.stdout.index("Unable to open file") < done.stdout.index("h5-file-open-elsewhere")
