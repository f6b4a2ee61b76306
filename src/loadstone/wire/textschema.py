"""What a text proto may hold: messages with their fields' types, and enums with their words.

What it is: plain tables, and the nearest name to a misspelt one. What it is not: the schema of anything in particular.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SCALARS = ("int", "uint", "float", "bool", "string")
NEAR = 0.7
"""The likeness (difflib's ratio) from which a name counts as a misspelling of another."""

FEW = 4
"""Letters of a last word too short to be judged by itself: `id`, `max`."""

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
    """Return the name that is most like a word; empty where none is like it.

    Behind the words that both begin with they have to be alike, too: of augmentations that all begin with `random_`,
    none is a misspelling of another for that.
    """
    from difflib import get_close_matches

    names = list(among)
    folded = {name.lower().replace("_", ""): name for name in reversed(names)}
    if same := folded.get(word.lower().replace("_", "")):
        return same
    found = get_close_matches(word, names, n=3, cutoff=NEAR)
    return next((name for name in found if _alike_behind(word, name)), "")


def _alike_behind(word: str, name: str) -> bool:
    """Whether two names are alike behind the whole words, up to a `_`, that they begin with in common."""
    from difflib import SequenceMatcher

    apart = next((at for at, pair in enumerate(zip(word, name, strict=False)) if len({*pair}) > 1), None)
    shared = word[:apart].rfind("_") + 1
    one, other = word[shared:], name[shared:]
    if one.startswith(other) or other.startswith(one):
        return True
    # Of few letters one more or less is much.
    return max(len(one), len(other)) <= FEW or SequenceMatcher(None, other, one).ratio() >= NEAR


def surely(word: str, near: str) -> bool:
    """Whether a word can hardly be anything but a misspelling of the name."""
    from difflib import SequenceMatcher

    one, other = (name.lower().replace("_", "") for name in (word, near))
    return bool(SequenceMatcher(None, one, other).ratio() >= SURE)
