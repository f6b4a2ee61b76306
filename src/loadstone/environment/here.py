"""The environment of this interpreter, without importing anything that is asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loadstone.environment.cpu import cpu_flags
from loadstone.environment.probe import probe
from loadstone.facts.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Mapping

TENSORFLOW_WHEELS = (
    "tensorflow",
    "tensorflow-cpu",
    "tensorflow-gpu",
    "tensorflow-intel",
    "tensorflow-macos",
    "tensorflow-rocm",
    "nvidia-tensorflow",
    "intel-tensorflow",
    "tf-nightly",
)
"""Distributions that install the module `tensorflow`; what is found is reported under that name too."""


def here(*, gpu: bool = True) -> Environment:
    """Return what this interpreter and machine have. `gpu` looks for CUDA's libraries and driver too (a few ms)."""
    answer = probe()
    return from_probe(answer, name=f"Python {answer['python']} here", gpu=gpu)


def from_probe(answer: Mapping[str, Any], *, name: str, gpu: bool) -> Environment:
    """Make the value of what `probe` reported on this machine."""
    from loadstone.environment.cuda import Cuda, find_cuda

    packages = dict(answer["packages"])
    alias = next((wheel for wheel in TENSORFLOW_WHEELS if wheel in packages), None)
    if alias:
        packages["tensorflow"] = packages[alias]
    cuda = find_cuda(paths=answer["paths"], packages=packages, variables=answer["variables"]) if gpu else Cuda()
    return Environment(
        name=name,
        python=answer["python"],
        system=answer["system"],
        machine=answer["machine"],
        packages=packages,
        copies={package: tuple(places) for package, places in answer["copies"].items()},
        cpu_flags=cpu_flags(),
        cuda=cuda.facts,
        libraries=cuda.libraries if gpu else None,
        variables=answer["variables"],
    )
