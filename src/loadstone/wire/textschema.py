"""What a text proto may hold: messages with their fields' types, and enums with their words.

What it is: plain tables, and the nearest name to a misspelt one. What it is not: the schema of anything in particular.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SCALARS = ("int", "uint", "float", "bool", "string")
NEAR = 0.7
"""The likeness (difflib's ratio) from which a name counts as a misspelling of another."""

SURE = 0.9
"""From here on nobody has to be asked."""


@dataclass(frozen=True, slots=True)
class TextSchema:
    """`messages`: name → field → type (`*` before it: repeated); `enums`: name → words; `extensible` messages."""

    messages: Mapping[str, Mapping[str, str]]
    enums: Mapping[str, tuple[str, ...]]
    extensible: frozenset[str] = frozenset()

    def kind(self, message: str, field: str) -> str:
        """Return a field's type without its `*`; empty where the message or the field is not known."""
        return self.messages.get(message, {}).get(field, "").lstrip("*")

    def knows(self, message: str) -> bool:
        """Whether the message's fields are known."""
        return message in self.messages

    def holders(self, field: str) -> list[str]:
        """Return the messages that have a field of this name."""
        return [name for name, fields in self.messages.items() if field in fields]


def nearest(word: str, among: Iterable[str]) -> str:
    """Return the name that is most like a word; empty where none is like it."""
    from difflib import get_close_matches

    names = list(among)
    folded = {name.lower().replace("_", ""): name for name in reversed(names)}
    if same := folded.get(word.lower().replace("_", "")):
        return same
    found = get_close_matches(word, names, n=1, cutoff=NEAR)
    return found[0] if found else ""


def surely(word: str, near: str) -> bool:
    """Whether a word can hardly be anything but a misspelling of the name."""
    from difflib import SequenceMatcher

    one, other = (name.lower().replace("_", "") for name in (word, near))
    return bool(SequenceMatcher(None, one, other).ratio() >= SURE)
