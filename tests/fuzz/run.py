"""Fuzz one reader, or all of them: `python -m tests.fuzz.run [NAME] [--seconds N] [--seed N]`.

A target is a module `target_<name>.py` beside this one with `fuzz(data)`, which runs the reader and lets only
`LoadstoneError` pass, and `seeds()`, small valid inputs. Where atheris is installed, `--atheris` is coverage-guided;
without it, seeds are mutated blindly. What breaks is written to `corpus/<name>/`, and the suite replays that folder
for ever after.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Protocol

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"


class Target(Protocol):
    """What a target's module offers."""

    def fuzz(self, data: bytes) -> None: ...

    def seeds(self) -> Iterator[bytes]: ...


def names() -> list[str]:
    """Return every target's name, sorted."""
    return sorted(path.stem.removeprefix("target_") for path in HERE.glob("target_*.py"))


def load(name: str) -> Target:
    """Import one target."""
    target: Target = import_module(f"tests.fuzz.target_{name}")
    return target


def corpus(name: str) -> list[bytes]:
    """Return what once broke this reader."""
    return [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]


def mutate(data: bytes, dice: random.Random, others: list[bytes]) -> bytes:
    """Return `data` with one to eight small damages: flips, cuts, repeats, splices, huge numbers."""
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(data) + 1)
        data = dice.choice(DAMAGES)(data, at, dice, others)[: 1 << 20]
    return data


def _flip(data: bytes, at: int, dice: random.Random, _others: list[bytes]) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :] if at < len(data) else data


def _cut(data: bytes, at: int, dice: random.Random, _others: list[bytes]) -> bytes:
    return data[:at] + data[at + dice.randint(1, 64) :]


def _repeat(data: bytes, at: int, dice: random.Random, _others: list[bytes]) -> bytes:
    return data[:at] + data[at : at + dice.randint(1, 64)] * dice.randint(2, 9) + data[at:]


def _splice(data: bytes, at: int, dice: random.Random, others: list[bytes]) -> bytes:
    other = dice.choice(others)
    return data[:at] + other[dice.randrange(len(other) + 1) :]


def _number(data: bytes, at: int, dice: random.Random, _others: list[bytes]) -> bytes:
    width = dice.choice((1, 2, 4, 8))
    number = dice.choice((0, 1, 0x7F, 0xFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1))
    return data[:at] + (number & (1 << 8 * width) - 1).to_bytes(width, "little") + data[at + width :]


DAMAGES: tuple[Callable[[bytes, int, random.Random, list[bytes]], bytes], ...] = (
    _flip,
    _cut,
    _repeat,
    _splice,
    _number,
)


def attack(name: str, seconds: float, seed: int) -> int:
    """Throw mutated seeds at one reader for so long; returns the number of inputs that broke it."""
    target = load(name)
    seeds = [*target.seeds(), *corpus(name)] or [b""]
    dice = random.Random(seed)
    broken = 0
    end = time.monotonic() + seconds
    for number in itertools.count(1):
        if time.monotonic() > end:
            print(f"{name}: {number - 1:,} inputs, {broken} broke it")
            return broken
        data = mutate(dice.choice(seeds), dice, seeds)
        try:
            target.fuzz(data)
        except Exception:
            broken += 1
            path = CORPUS / name / hashlib.sha256(data).hexdigest()[:16]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            print(f"{name}: {path}\n{traceback.format_exc(limit=-3)}")
    return broken


def main() -> int:
    """Run from the command line; the exit code says whether anything broke."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", choices=names())
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--atheris", action="store_true")
    arguments = parser.parse_args()
    chosen = [arguments.name] if arguments.name else names()
    if arguments.atheris:
        import atheris

        atheris.Setup([sys.argv[0], str(CORPUS / chosen[0])], load(chosen[0]).fuzz)
        atheris.Fuzz()
    return int(sum(attack(name, arguments.seconds, arguments.seed) for name in chosen) > 0)


if __name__ == "__main__":
    sys.exit(main())
