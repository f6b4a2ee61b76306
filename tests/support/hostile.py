"""Broken inputs built from good ones, and the promise that every reader keeps on them.

The promise (promises.md, U3 and U4): any bytes end in a value or in a `LoadstoneError`, within 2 s and 256 MB.
"""

from __future__ import annotations

import random
import signal
import tracemalloc
from collections.abc import Callable, Iterator
from types import FrameType

from loadstone.errors import LoadstoneError

CPU_SECONDS = 2.0
MEMORY_BYTES = 256 * 1024 * 1024
LENGTHS = (0xFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)


def truncations(data: bytes, every: int = 64, at_most: int = 2000) -> Iterator[bytes]:
    """Yield `data` cut at every `every`-th byte; long inputs are cut at `at_most` even places instead."""
    step = max(every, len(data) // at_most)
    for end in range(0, len(data), step):
        yield data[:end]


def bit_flips(data: bytes, count: int = 200, seed: int = 0) -> Iterator[bytes]:
    """Yield `count` copies of `data`, each with one to four bits flipped."""
    dice = random.Random(seed)
    for _ in range(count if data else 0):
        broken = bytearray(data)
        for _ in range(dice.randint(1, 4)):
            broken[dice.randrange(len(broken))] ^= 1 << dice.randrange(8)
        yield bytes(broken)


def inflated(data: bytes, count: int = 200, seed: int = 0) -> Iterator[bytes]:
    """Yield copies of `data` in which 1, 2, 4 or 8 bytes somewhere became a huge little-endian number or varint."""
    dice = random.Random(seed)
    for _ in range(count if data else 0):
        number = dice.choice(LENGTHS)
        patch = dice.choice((_fixed(number, dice.choice((1, 2, 4, 8))), _varint(number)))
        at = dice.randrange(len(data))
        yield data[:at] + patch + data[at + len(patch) :]


def _fixed(number: int, width: int) -> bytes:
    return (number & ((1 << (8 * width)) - 1)).to_bytes(width, "little")


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def survives(read: Callable[[bytes], object], data: bytes, *, memory: bool = False) -> LoadstoneError | None:
    """Run `read(data)`: it returns, or raises `LoadstoneError` (which is handed back). Anything else fails the test.

    CPU time is bounded always (a hang would otherwise stop the suite); memory when asked, since tracing is slow.
    """

    def out_of_time(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"still busy after {CPU_SECONDS} s of CPU on {len(data):,} bytes")

    before = signal.signal(signal.SIGVTALRM, out_of_time)
    slowed = 10 if memory else 1
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS * slowed)
    if memory:
        tracemalloc.start()
    try:
        read(data)
    except LoadstoneError as error:
        return error
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        if memory:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak <= MEMORY_BYTES, f"{peak:,} bytes for {len(data):,}"
    return None
