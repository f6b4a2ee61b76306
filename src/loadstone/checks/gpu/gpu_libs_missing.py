"""A library of CUDA or cuDNN is not found, and TensorFlow goes on without the graphics card.

What is seen

    `Could not load dynamic library 'libcudnn.so.8'; dlerror: ...`, `Cannot dlopen some GPU libraries`, or an
    `ImportError: libcublas.so.9.0: cannot open shared object file` from releases that cannot do without.

Why

    The library is not installed, or lies where the loader does not look (a conda environment's lib, a toolkit that
    LD_LIBRARY_PATH does not name). Where a message names two libraries the second is the one that lacks. A missing
    TensorRT (libnvinfer) is harmless.

Remedy

    Install it, or name its folder in LD_LIBRARY_PATH; from 2.14 on `pip install "tensorflow[and-cuda]"` brings all.
    Without a graphics card nothing has to be done: CUDA_VISIBLE_DEVICES=-1 silences the lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.gpu._libraries import (
    Missing,
    cuda_in,
    is_of_another_set,
    mismatch,
    missing_libraries,
    sonames_of,
    tensorflow_in,
)
from loadstone.checks.subject import Subject
from loadstone.environment.tables.tensorflow import release_named
from loadstone.environment.versions import order
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "gpu-libs-missing",
    "warning",
    help="install it, or name its folder: export LD_LIBRARY_PATH=$CONDA_PREFIX/lib:$LD_LIBRARY_PATH",
    reference="https://www.tensorflow.org/install/pip",
)

_FATAL = r"ImportError|requires that this DLL be installed|Could not load library"
"""Words of releases and libraries that end where the library is not found; newer ones go on without the card."""

WITH_CUDA = "2.14"
"""The first release whose extra `and-cuda` brings the libraries along."""

TEXTS = (
    Saying(
        r"[Uu]nable to load (?P<name>cuDNN|cuBLAS|cuFFT|cuRAND|cuSolver|cuSparse) DSO",
        "the loader does not find {name}",
        certainty="likely",
    ),
    Saying(
        r"Cannot dlopen some GPU libraries",
        "TensorFlow did not find all of CUDA's libraries, and leaves the graphics card alone",
        certainty="likely",
        echo=True,
    ),
    Saying(
        r"Could not find cuda drivers on your machine",
        "TensorFlow found no NVIDIA driver, and leaves the graphics card alone: harmless without one",
        certainty="likely",
        help="install NVIDIA's driver if there is a card (nvidia-smi must answer), else ignore it",
    ),
    Saying(
        r"libdevice not found at|Can't find libdevice directory|libdevice\.10\.bc",
        "XLA does not find the CUDA toolkit's libdevice",
        help="name the toolkit's folder: export XLA_FLAGS=--xla_gpu_cuda_data_dir=/usr/local/cuda",
    ),
    Saying(
        r"Could not locate zlibwapi\.dll",
        "cuDNN 8.3 and newer on Windows needs zlibwapi.dll, which is not on PATH",
        help="put zlibwapi.dll beside cuDNN's DLLs",
    ),
    Saying(
        r"cudaGetErrorString symbol not found",
        "the loader does not find the CUDA runtime",
        certainty="likely",
    ),
)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield a finding that names what lacks, unless a mixture or another CUDA explains it."""
    lacking = [one for one in missing_libraries(text.text) if _is_plain(one)]
    if not lacking or mismatch(tensorflow_in(text), cuda_in(text)):
        return
    names = list(dict.fromkeys(one.lacking for one in lacking))
    yield FAULT.finding(
        f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not found by the loader",
        *(Evidence("the text", one.line, one.lacking) for one in lacking[:5]),
        help=_help(tensorflow_in(text)),
        severity="error" if re.search(_FATAL, text.text) else "warning",
    )


def _is_plain(one: Missing) -> bool:
    if re.search(r"undefined symbol|version `?[^\n]+'? not (?:found|defined)|Error code 127\b", one.line):
        return False  # it is found, and is of another version
    return not is_of_another_set(one) and one.lacking not in ("libcuda.so", "zlibwapi.dll")


def _help(tensorflow: str) -> str:
    if tensorflow and order(tensorflow) >= order(WITH_CUDA):
        return f'install what it was built for: python -m pip install "tensorflow[and-cuda]=={tensorflow}"'
    return ""


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where a card has a driver, and libraries that the target's TensorFlow asks for are not there."""
    if subject.top:
        yield from from_environment(subject.environment)


def from_environment(environment: Environment) -> Iterator[Finding]:
    """Yield a finding where the driver is here and libraries lack; without a driver there is nothing to drive."""
    tensorflow = environment.packages.get("tensorflow", "")
    release = release_named(tensorflow) if tensorflow and "tensorflow-cpu" not in environment.packages else None
    if release is None or environment.libraries is None or not environment.cuda.get("driver"):
        return
    lacking = [name for name in sonames_of(release) if name not in environment.libraries]
    if lacking:
        yield FAULT.finding(
            f"TensorFlow {tensorflow} will run on the CPU: the loader does not find {', '.join(lacking)}",
            Evidence(environment.name, f"driver {environment.cuda['driver']}", ", ".join(lacking)),
            help=_help(tensorflow),
            severity="info",
        )
