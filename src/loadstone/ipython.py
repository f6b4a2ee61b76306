"""`%load_ext loadstone.ipython`: in a notebook or IPython, every failure is explained below its traceback.

The traceback is shown first and unchanged. A failure that is not known adds nothing. `%unload_ext loadstone.ipython`
takes the explanations away again.
"""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Any, Protocol


class Shell(Protocol):
    """What is used of IPython's `InteractiveShell`."""

    def set_custom_exc(self, exc_tuple: tuple[type[BaseException], ...], handler: Any) -> None:
        """Set a handler for classes of exceptions."""

    def showtraceback(self, exc_tuple: Any = None, *, tb_offset: int | None = None) -> None:
        """Print a traceback as the shell does."""


def load_ipython_extension(shell: Shell) -> None:
    """Explain every exception from now on (called by IPython)."""
    shell.set_custom_exc((Exception,), _handle)


def unload_ipython_extension(shell: Shell) -> None:
    """Stop explaining (called by IPython)."""
    shell.set_custom_exc((), None)


def _handle(
    shell: Shell,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
    tb_offset: int | None = None,
) -> None:
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
    print(explained(error), end="")


def explained(error: BaseException) -> str:
    """Return what an exception with its causes means, as text with a final newline; empty where it is not known."""
    from loadstone.api.check import explain
    from loadstone.errors import LoadstoneError

    if isinstance(error, LoadstoneError):
        # It says itself what was found, what was expected and what to do.
        return ""
    explanation = explain("".join(traceback.format_exception(error)))
    return f"{explanation}\n" if explanation.known else ""
