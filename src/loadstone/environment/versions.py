"""Version numbers of Python packages: order, and the rules that requirements state.

Specified by PEP 440. What is left out is what no package of our tables uses: epochs, `===`, and the order of two
local versions. The core has no other use for the `packaging` library, whose import costs more than this module's.
"""

from __future__ import annotations

import re
from functools import lru_cache

# No part of a version is as long as a file may state one: Python itself refuses to read more than 4,300 digits.
_VERSION = re.compile(
    r"\s*v?(?P<release>\d{1,18}(?:\.\d{1,18})*)(?!\d)"
    r"(?:[-_.]?(?P<pre>a|b|c|rc|alpha|beta|preview)[-_.]?(?P<pre_number>\d{0,18}))?"
    r"(?:[-_.]?post[-_.]?(?P<post>\d{0,18}))?"
    r"(?:[-_.]?dev[-_.]?(?P<dev>\d{0,18}))?"
    r"(?:\+(?P<local>[a-z0-9.]+))?",
    re.IGNORECASE,
)
_STAGES = {"a": 1, "alpha": 1, "b": 2, "beta": 2, "c": 3, "rc": 3, "preview": 3}
_FINAL = 4
_COMPARISON = re.compile(r"\s*(~=|==|!=|<=|>=|<|>)\s*([^\s,*]+)(\.\*)?\s*")

Key = tuple[tuple[int, ...], int, int, int, int]


# The tables ask for the same few hundred versions again and again: a tenth of what examining a model took.
@lru_cache(maxsize=4096)
def release_of(version: str) -> tuple[int, ...]:
    """Return the numbers before any suffix: (2, 15, 0) of `2.15.0.post1`; empty where there is no number."""
    match = _VERSION.match(version)
    return tuple(int(part) for part in match["release"].split(".")) if match else ()


def is_version(text: str) -> bool:
    """Return whether the whole text is one version."""
    match = _VERSION.match(text)
    return match is not None and match.end() == len(text.rstrip())


@lru_cache(maxsize=4096)
def minor_of(version: str) -> str:
    """Return the feature release: `2.15` of `2.15.0.post1`."""
    return ".".join(map(str, (*release_of(version), 0, 0)[:2])) if release_of(version) else ""


@lru_cache(maxsize=4096)
def order(version: str) -> Key:
    """Return a key that sorts versions as PEP 440 does: dev < a < b < rc < final < post; `2.0` equals `2.0.0`."""
    match = _VERSION.match(version)
    if match is None:
        return ((), 0, 0, 0, 0)
    release = release_of(version)
    while len(release) > 1 and release[-1] == 0:
        release = release[:-1]
    stage = _STAGES.get((match["pre"] or "").lower(), _FINAL)
    if match["dev"] is not None and match["pre"] is None and match["post"] is None:
        stage = 0
    post = int(match["post"] or 0) + 1 if match["post"] is not None else 0
    # A development release comes before what it leads to, so "no dev" must sort after every number.
    dev = int(match["dev"] or 0) if match["dev"] is not None else 1 << 62
    return (release, stage, int(match["pre_number"] or 0), post, dev)


def satisfies(version: str, rules: str) -> bool:
    """Return whether a version keeps every rule of a list such as `>=1.16.0, <1.19.0, !=1.17.*`.

    A rule that cannot be read is taken for kept: a fault is never stated on the strength of what was not understood.
    """
    return all(_keeps(version, rule) for rule in rules.split(",") if rule.strip())


def _keeps(version: str, rule: str) -> bool:
    match = _COMPARISON.fullmatch(rule)
    if match is None or not release_of(version):
        return True
    sign, bound, any_below = match[1], match[2], match[3] is not None
    if sign == "~=":
        return order(version) >= order(bound) and _begins(version, release_of(bound)[:-1])
    if sign in ("==", "!="):
        same = _begins(version, release_of(bound)) if any_below else order(_public(version)) == order(bound)
        return same is (sign == "==")
    here, there = order(version), order(bound)
    if sign == "<" and not _has_suffix(bound) and here[0] == there[0]:
        return False  # `<2.0` leaves out 2.0's own candidates too.
    return {"<": here < there, "<=": here <= there, ">": here > there, ">=": here >= there}[sign]


def _begins(version: str, numbers: tuple[int, ...]) -> bool:
    release = release_of(version)
    return (*release, *[0] * len(numbers))[: len(numbers)] == numbers


def _public(version: str) -> str:
    return version.partition("+")[0]


def _has_suffix(version: str) -> bool:
    return order(version)[1:] != (_FINAL, 0, 0, 1 << 62)
