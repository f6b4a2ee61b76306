"""What differs between two environments, the differences that decide whether a model loads first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from loadstone.environment.versions import order, release_of

if TYPE_CHECKING:
    from loadstone.facts.environment import Environment

DECISIVE = ("tensorflow", "keras", "tf-keras", "numpy", "protobuf", "h5py")
"""The packages whose versions decide whether a model loads, in the order in which they are told."""

Kind = Literal["python", "platform", "package", "cuda", "variable", "cpu"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same: `left` and `right` in the environments' own words, empty where it is absent.

    `step` is how far versions lie apart: 3 for another major release, 2 for a feature release, 1 for a patch, 0 where
    one side lacks it or it is no version.
    """

    kind: Kind
    name: str
    left: str
    right: str
    step: int = 0


def compare(left: Environment, right: Environment) -> tuple[Difference, ...]:
    """Return every difference. What one side does not know (an incomplete environment) is not taken for absent."""
    found = [*_platform(left, right), *_packages(left, right)]
    found += _mapped("cuda", left.cuda, right.cuda, known=left.libraries is not None and right.libraries is not None)
    found += _mapped("variable", left.variables, right.variables, known=left.complete and right.complete)
    found += _cpu(left, right)
    return tuple(found)


def _platform(left: Environment, right: Environment) -> Iterator[Difference]:
    if left.python and right.python and left.python != right.python:
        yield Difference("python", "python", left.python, right.python, _step(left.python, right.python))
    for name, one, two in (("system", left.system, right.system), ("machine", left.machine, right.machine)):
        if one and two and one != two:
            yield Difference("platform", name, one, two)


def _packages(left: Environment, right: Environment) -> list[Difference]:
    names = left.packages.keys() | right.packages.keys()
    found = []
    for name in names:
        one, two = left.packages.get(name, ""), right.packages.get(name, "")
        unknown = (not one and not left.complete) or (not two and not right.complete)
        if one != two and not unknown:
            found.append(Difference("package", name, one, two, _step(one, two)))
    return sorted(found, key=_importance)


def _importance(difference: Difference) -> tuple[int, int, str]:
    place = DECISIVE.index(difference.name) if difference.name in DECISIVE else len(DECISIVE)
    return place, -difference.step, difference.name


def _step(one: str, two: str) -> int:
    """Return how far apart two versions lie; 1 for what differs only behind the numbers."""
    if not (release_of(one) and release_of(two)):
        return 0
    if order(one)[0][:1] != order(two)[0][:1]:
        return 3
    return 2 if (*release_of(one), 0)[:2] != (*release_of(two), 0)[:2] else 1


def _mapped(kind: Kind, left: Mapping[str, str], right: Mapping[str, str], *, known: bool) -> Iterator[Difference]:
    for name in sorted(left.keys() | right.keys()):
        one, two = left.get(name, ""), right.get(name, "")
        if one != two and (known or (one and two)):
            yield Difference(kind, name, one, two, _step(one, two) if kind == "cuda" else 0)


def _cpu(left: Environment, right: Environment) -> Iterator[Difference]:
    """Yield the instructions that TensorFlow's wheels use and only one side has."""
    if left.cpu_flags is None or right.cpu_flags is None:
        return
    for flag in ("avx", "avx2", "avx512f", "fma", "sse4_2"):
        one, two = flag in left.cpu_flags, flag in right.cpu_flags
        if one != two:
            yield Difference("cpu", flag, "has it" if one else "", "has it" if two else "")
