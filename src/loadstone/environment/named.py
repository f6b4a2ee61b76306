"""The environment that a person names: nothing for this one, a description, or the path of another interpreter."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadstone.facts.environment import Environment


def named(text: str = "") -> Environment:
    """Return this environment for no text, a described one for `tensorflow==2.15,python==3.11`, else another's.

    What lies on the disk under that very name is an interpreter, whatever it is called. Raises `SourceError` where the
    text is neither, `EnvironmentLacksError` where the interpreter does not answer.
    """
    if not text.strip():
        from loadstone.environment.here import here

        return here()
    if not os.path.exists(os.path.expanduser(text)):
        from loadstone.environment.described import described, looks_described

        if looks_described(text):
            return described(text)
    from loadstone.environment.other import other

    return other(text)
