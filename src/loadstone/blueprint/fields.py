"""Read a configuration so that no field is passed over in silence.

`Fields` hands out values and remembers what was asked for; what nobody asked for comes out of `leftover()` by its
path, so that an unsupported field is named. Fields that only training uses are declared as such.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.wire.textmessage import TextMessage


class Fields:
    """One message of a `pipeline.config`, with a record of the fields that were read."""

    def __init__(self, message: TextMessage, path: str = "") -> None:
        self._message = message
        self._path = path
        self._read: set[str] = set()
        self._inner: dict[str, Fields] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._message

    def place(self, name: str = "") -> str:
        """Return where a field stands in the text, for error messages."""
        return self._message.where_of(name) if name in self._message else self._message.where

    def only(self) -> str:
        """Return the name of the one field set here (a oneof, such as the box predictor's kind), or an empty string."""
        names = self._message.names
        return names[0] if len(names) == 1 else ""

    def message(self, name: str) -> Fields:
        """Return a sub-message; an empty one where it is absent."""
        self._read.add(name)
        if name not in self._inner:
            self._inner[name] = Fields(self._message.message(name), f"{self._path}{name}.")
        return self._inner[name]

    def count(self, name: str) -> int:
        """Return how often a repeated message occurs; its content is not read."""
        self._read.add(name)
        return len(self._message.messages(name))

    def integer(self, name: str, default: int = 0) -> int:
        """Return an integer field."""
        self._read.add(name)
        return self._message.integer(name, default)

    def integers(self, name: str, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return a repeated integer field."""
        self._read.add(name)
        return tuple(self._message.integers(name)) or default

    def number(self, name: str, default: float = 0.0) -> float:
        """Return a float field."""
        self._read.add(name)
        return float(self._message.number(name, default))

    def numbers(self, name: str, default: tuple[float, ...] = ()) -> tuple[float, ...]:
        """Return a repeated float field."""
        self._read.add(name)
        return tuple(float(value) for value in self._message.numbers(name)) or default

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a bool field."""
        self._read.add(name)
        return self._message.flag(name, default)

    def word(self, name: str, default: str = "") -> str:
        """Return an enum field's identifier."""
        self._read.add(name)
        return self._message.word(name, default)

    def text(self, name: str, default: str = "") -> str:
        """Return a string field."""
        self._read.add(name)
        return self._message.text(name, default)

    def training(self, *names: str) -> None:
        """Declare fields that change training only; whatever they hold needs no support to detect."""
        self._read.update(names)

    def leftover(self) -> Iterator[str]:
        """Yield the paths of fields that nobody read, here and in every sub-message that was entered."""
        for name in dict.fromkeys(self._message.names):
            if name not in self._read:
                yield f"{self._path}{name}"
        for inner in self._inner.values():
            yield from inner.leftover()
