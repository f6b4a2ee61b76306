"""From what a person names to a path on this disk: the first step of `inspect`, `detect` and `load`.

A path stays a path. A name of the catalogue or an address is fetched (or found in the cache), verified, first; an
archive that is to be run is unpacked into the cache. What this is not: a look at what lies there.
"""

from __future__ import annotations

import os

from loadstone.facts.path_text import path_text


def whereabouts(source: str | os.PathLike[str], *, to_run: bool = False) -> str:
    """Return the path of what was named; a word that is neither path nor known name comes back as it is.

    Raises what `loadstone.get` raises, where something has to be fetched. `to_run` unpacks archives.
    """
    named = path_text(source, "the model's source")
    if os.path.lexists(named) or os.path.lexists(f"{named}.index"):
        return _unpacked(named) if to_run and os.path.isfile(named) else named
    from loadstone.fetch import catalogue, get

    known = "://" in named or named.startswith(("keras:", "zoo:")) or catalogue.find(named.partition("@")[0])
    return os.fspath(get(named)) if known else named


def _unpacked(path: str) -> str:
    from loadstone.fetch.source import is_archive

    if not is_archive(path):
        return path
    from loadstone.fetch import get

    return os.fspath(get(path))
