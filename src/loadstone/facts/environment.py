"""A Python environment as facts: what a model is to be loaded by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Environment:
    """Versions and machine facts, of this interpreter, of another, or as somebody described them.

    `packages` maps a distribution's normalised name (`tensorflow`, `tf-keras`, `numpy`) to its version; what is absent
    is not installed. `complete` is False where only part is known (a description, or what a log shows): a package that
    is absent from it is then unknown, not missing. `cuda` maps what is known of CUDA: `driver`, `runtime`, `cudnn`,
    `capability`. `variables` are environment variables that matter. `name` is for messages: `this Python`, a path.
    `libraries` maps the soname of each CUDA, cuDNN and driver library that the loader would find to its path; None
    where nobody looked. `copies` maps a package that is installed more than once to its folders, the one that counts
    first.
    """

    name: str = "this Python"
    python: str = ""
    system: str = ""
    machine: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True
    cpu_flags: frozenset[str] | None = None
    cuda: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, str] | None = None
    copies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def version(self, package: str) -> tuple[int, ...] | None:
        """Return the release numbers of a package (`(2, 15, 0)`), None where it is not there or not known."""
        return release(self.packages.get(package, ""))


def release(text: str) -> tuple[int, ...] | None:
    """Return the leading release numbers of a version: `2.16.0rc1` gives (2, 16, 0); None where there are none."""
    numbers: list[int] = []
    for part in text.strip().lstrip("vV").split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits or len(digits) > 9:
            break
        numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers) or None
