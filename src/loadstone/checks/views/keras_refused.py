"""Messages about arguments that a class refuses, sorted by what the tables say of the class and the argument.

The same words mean four things: a file of Keras 2 in Keras 3, a newer Keras 3 in an older one, an argument that Keras 3
dropped on its way, and a class of the author's own whose constructor takes less than its configuration holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.dialects.arguments import EVERY_LAYER, accepted2, accepted3, group_of, since3
from loadstone.dialects.target import NEWEST
from loadstone.facts.finding import Certainty, Evidence, Finding

Kind = Literal["keras2", "newer-keras3", "older-keras3", "custom"]

_PASSED = re.compile(r"Unrecognized keyword arguments passed to (?P<layer>\w+): (?P<keys>\{[^\n]*)")
_INIT = re.compile(r"(?P<layer>[A-Z]\w*)\.__init__\(\) got an unexpected keyword argument '(?P<keys>\w+)'")
_KERAS3 = re.compile(r"'registered_name'|'module': 'keras\.|DTypePolicy|\.keras\b(?!\.)")
"""What only a configuration of Keras 3 says, or a `.keras` archive's name."""
_KEY = re.compile(r"'(\w+)': ")


@dataclass(frozen=True, slots=True)
class Refused:
    """A class, the arguments that it refused, and what that means."""

    layer: str
    keys: tuple[str, ...]
    kind: Kind
    line: int
    shown: str


def refused(text: ErrorText) -> Iterator[Refused]:
    """Yield every refusal in a text."""
    for pattern in (_PASSED, _INIT):
        for found in pattern.finditer(text.text):
            keys = _keys(found["keys"])
            if keys:
                line = text.line_of(found.start())
                kind = _kind(found["layer"], keys, of_keras3=_KERAS3.search(text.text) is not None)
                yield Refused(found["layer"], keys, kind, line, found.group()[:300])


def _keys(text: str) -> tuple[str, ...]:
    """Return the keys of a dictionary as printed, the outermost only; a bare word is one key."""
    if not text.startswith("{"):
        return (text,)
    depth, flat = 0, []
    for letter in text:
        depth += (letter in "{[(") - (letter in "}])")
        if depth == 1 or (depth == 0 and letter == "}"):
            flat.append(letter)
        if depth == 0:
            break
    return tuple(dict.fromkeys(_KEY.findall("".join(flat))))


def _kind(layer: str, keys: tuple[str, ...], *, of_keras3: bool) -> Kind:
    group = group_of(layer)
    if not group:
        return "custom"
    newest = accepted3(group, layer, NEWEST) or frozenset()
    old = accepted2(group, layer) or frozenset()
    # Some arguments of Keras 2 (`ragged`, `renorm`) are back in the newest Keras 3: then the file's form decides.
    came = newest - EVERY_LAYER if of_keras3 else newest - EVERY_LAYER - old
    if any(key in came for key in keys):
        return "newer-keras3"
    if group == "layers" and any(key in old or key in ("batch_input_shape", "time_major") for key in keys):
        return "keras2"
    if any(key in _DROPPED for key in keys):
        return "older-keras3"
    return "keras2"


_DROPPED = ("value_range",)


def finding(fault: Fault, one: Refused, text: ErrorText, certainty: Certainty = "proved") -> Finding:
    """Return the finding that a refusal makes."""
    keys = " and ".join(f"`{key}`" for key in one.keys[:6])
    fact = f"the file gives {one.layer} the argument {keys}, which this Keras does not take"
    since = next((found for key in one.keys if (found := since3(group_of(one.layer), one.layer, key))), "")
    expected = f"Keras {since} or newer" if since else ""
    return fault.finding(fact, Evidence(f"line {one.line} of the text", one.shown, expected), certainty=certainty)


def told(
    fault: Fault, text: ErrorText, kind: Kind, *, starts: tuple[str, ...] = (), but: tuple[str, ...] = ()
) -> Iterator[Finding]:
    """Yield the findings of one kind, of the classes that begin with one of `starts` and with none of `but`."""
    for one in refused(text):
        if (
            one.kind == kind
            and (not starts or one.layer.startswith(starts))
            and not (but and one.layer.startswith(but))
        ):
            yield finding(fault, one, text)
