"""The exception tree.

Everything that Loadstone raises on purpose derives from `LoadstoneError`::

    LoadstoneError                     exit code 3 unless said otherwise
    ├── FormatError                    the bytes are not what the format requires
    │   ├── TruncatedError             the file ends before the format does
    │   ├── LimitError                 a declared length, count or depth passes a named cap
    │   └── ChecksumError              a checksum that the file carries does not hold
    ├── NotAModelError                 the file is something else, and we know what
    ├── SourceError                    no such file, folder, name or address; not readable
    ├── EnvironmentLacksError          4: an engine or a package that is needed is not here
    ├── UnsupportedModelError          4: readable, but nothing here can run it
    │   └── CannotLoadError            Keras cannot load it; carries the findings and the custom objects that it needs
    ├── TransferError                  5: network or access
    └── RefusedError                   6: refused for safety

This module imports nothing of ours.
"""

from __future__ import annotations


class LoadstoneError(Exception):
    """A failure that is explained: what was found, where, what was expected, and what to do.

    `fact` stands alone in one line. `where` is a path, optionally with an offset or field path.
    `help` is one imperative sentence, with the exact command when there is one.
    """

    exit_code = 3
    code = "error"

    def __init__(
        self,
        fact: str,
        *,
        where: str = "",
        expected: str = "",
        found: str = "",
        help: str = "",  # noqa: A002 - the field's name in every report
    ) -> None:
        super().__init__(fact)
        self.fact = fact
        self.where = where
        self.expected = expected
        self.found = found
        self.help = help

    def __str__(self) -> str:
        parts = [self.fact]
        if self.expected or self.found:
            parts.append("; ".join(_labelled(("expected", self.expected), ("found", self.found))))
        if self.where:
            parts.append(f"at {self.where}")
        return " — ".join(parts)

    def at(self, where: str) -> LoadstoneError:
        """Put an outer place in front of `where`, as the error travels outwards; returns itself."""
        self.where = f"{where}: {self.where}" if self.where else where
        return self

    def as_json(self) -> dict[str, str]:
        """Return the fields as plain JSON values."""
        return {
            "code": self.code,
            "message": self.fact,
            "where": self.where,
            "expected": self.expected,
            "found": self.found,
            "help": self.help,
        }


def _labelled(*pairs: tuple[str, str]) -> list[str]:
    return [f"{label} {text}" for label, text in pairs if text]


class FormatError(LoadstoneError):
    """The bytes are not what the format requires at a place that `where` names."""

    code = "corrupt"


class TruncatedError(FormatError):
    """The bytes end before the format does."""

    code = "truncated"


class LimitError(FormatError):
    """A declared length, count or depth passes a named cap or the bytes in hand."""

    code = "over-limit"


class ChecksumError(FormatError):
    """A checksum that the file carries does not hold for the bytes it covers."""

    code = "checksum-mismatch"


class NotAModelError(LoadstoneError):
    """The file is not a model; `fact` says what it is."""

    code = "not-a-model"


class SourceError(LoadstoneError):
    """There is no such file, folder, name or address, or it may not be read."""

    code = "no-such-source"


class EnvironmentLacksError(LoadstoneError):
    """Something that has to be installed or present here is not."""

    exit_code = 4
    code = "environment-lacks"


class UnsupportedModelError(LoadstoneError):
    """The model was read, but nothing here can run it; `fact` names the operation or layer."""

    exit_code = 4
    code = "unsupported-model"


class CannotLoadError(UnsupportedModelError):
    """Keras cannot load the model: `findings` say why, all at once.

    `custom_objects` are the names of every class and function that the file needs and nobody gave; `skeleton` is a
    module to fill in with them, empty where none is missing.
    """

    code = "cannot-load"

    def __init__(
        self,
        fact: str,
        *,
        where: str = "",
        found: str = "",
        help: str = "",  # noqa: A002 - the field's name in every report
        findings: tuple[object, ...] = (),
        custom_objects: tuple[str, ...] = (),
        skeleton: str = "",
    ) -> None:
        super().__init__(fact, where=where, found=found, help=help)
        self.findings = findings
        self.custom_objects = custom_objects
        self.skeleton = skeleton


class TransferError(LoadstoneError):
    """A download failed; `fact` is the measured cause."""

    exit_code = 5
    code = "transfer"


class RefusedError(LoadstoneError):
    """Refused for safety: going on would run code, leave the folder or open another file."""

    exit_code = 6
    code = "refused"
