"""The instructions that this machine's processor has, and those that TensorFlow's wheels need.

Linux tells them in /proc/cpuinfo, one line of `flags` a core; macOS answers `sysctl`; elsewhere they are not known.
"""

from __future__ import annotations

import sys
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
X86_MACHINES = frozenset({"x86_64", "AMD64", "amd64", "i686", "i386"})


def cpu_flags(cpuinfo: Path = CPUINFO) -> frozenset[str] | None:
    """Return the flags in lower case (`avx`, `avx2`, `fma`), None where they cannot be had."""
    if sys.platform == "darwin":
        return _from_sysctl()
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return flags_in(text)


def flags_in(cpuinfo: str) -> frozenset[str] | None:
    """Return what the first core's `flags` (x86) or `Features` (ARM) line lists, None where there is no such line."""
    for line in cpuinfo.splitlines():
        label, _, words = line.partition(":")
        if label.strip().lower() in ("flags", "features"):
            return frozenset(words.lower().split())
    return None


def _from_sysctl() -> frozenset[str] | None:
    import subprocess

    names = ["machdep.cpu.features", "machdep.cpu.leaf7_features"]
    try:
        done = subprocess.run(["sysctl", "-n", *names], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    # Apple writes AVX1.0 where Linux writes avx.
    words = done.stdout.lower().replace("avx1.0", "avx").split()
    return frozenset(words) if words else None


def needed_instructions(tensorflow: str) -> frozenset[str]:
    """Return the x86 instructions without which a release's wheel ends in `Illegal instruction`.

    Since 1.6 the wheels are built with AVX (release notes of 1.6.0). 2.4.0 alone was built with AVX2 and FMA, which
    2.4.1 took back (release notes of 2.4.1).
    """
    from loadstone.environment.versions import order

    if order(tensorflow) < order("1.6"):
        return frozenset()
    return frozenset({"avx", "avx2", "fma"}) if order(tensorflow) == order("2.4.0") else frozenset({"avx"})
