"""Libraries of two CUDA or cuDNN versions are mixed: one that is found needs, or is in the way of, another.

What is seen

    A library that lies there does not load because of another: `Could not load dynamic library 'libcusolver.so.11';
    dlerror: libnvJitLink.so.12: cannot open`; `version libcublasLt.so.11 not defined`, `undefined symbol`; an older
    cuDNN is loaded than the one that is installed; `kernel version ... does not match DSO version`.

Why

    Wheels of CUDA 11 and 12 share an environment, another program's DLL comes first on PATH, or a driver was updated
    without a restart.

Remedy

    Keep one set: remove the nvidia-* wheels of the other CUDA, put the right folder first, restart after a driver's
    update.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.gpu._libraries import LOADED_CUDNN, cudnn_in, is_of_another_set, is_older, missing_libraries
from loadstone.checks.subject import Subject
from loadstone.environment.versions import release_of
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "gpu-libs-mixed-versions",
    "error",
    help="keep the libraries of one CUDA, and see which are there: python -m pip list | grep nvidia",
    reference="https://www.tensorflow.org/install/pip",
)

TEXTS = (
    Saying(
        r"(?P<asked>lib(?:cu|nv)\w+\.so[\d.]*)[^\n]*(?:undefined symbol|version `?[^\n']+'? not (?:found|defined))",
        "{asked} and a library that it needs are of different versions",
    ),
    Saying(
        r"symbol \w+ version (?P<needed>lib(?:cu|nv)\w+\.so\.\d+) not defined",
        "a library needs {needed}, and another version of it is loaded",
    ),
    Saying(
        r"kernel version (?P<kernel>[\d.]+) does not match DSO version (?P<dso>[\d.]+)",
        "the driver's kernel module is {kernel}, and its library is {dso}",
        help="restart, so that the kernel loads the driver that is installed",
    ),
    Saying(
        r"[Dd]river/library version mismatch",
        "the driver's kernel module and its library are of different versions",
        help="restart, so that the kernel loads the driver that is installed",
    ),
    Saying(
        r"CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH|Could not load library (?P<asked>\S+\.dll)\. Error code 127\b",
        "a library {asked} and one that it needs are of different versions",
    ),
)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield a finding where a library lacks a different one, or an older cuDNN is loaded than the one installed."""
    for one in missing_libraries(text.text):
        if is_of_another_set(one):
            yield FAULT.finding(
                f"{one.asked} is found, and needs {one.lacking}, which is not: they are of different sets",
                Evidence("the text", one.line, one.lacking),
            )
    found, installed = re.search(LOADED_CUDNN, text.text), cudnn_in(text)
    if found is None or not installed or not is_older(found["loaded"], found["built"]):
        return
    if not is_older(installed, found["built"]) and release_of(installed)[:1] == release_of(found["built"])[:1]:
        yield FAULT.finding(
            f"cuDNN {installed} is installed, and {found['loaded']} is loaded: another copy comes first",
            Evidence("the text", f"loaded {found['loaded']}", f"the {installed} that is installed"),
            help="take the other copy off PATH (Windows) or LD_LIBRARY_PATH, or import TensorFlow first",
            certainty="likely",
        )


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the target environment has wheels of two CUDA versions."""
    if subject.top:
        yield from from_environment(subject.environment)


def from_environment(environment: Environment) -> Iterator[Finding]:
    """Yield a finding for an `nvidia-*` library that is there for two CUDA versions: files overwrite each other."""
    wheels: dict[str, list[str]] = {}
    for name in environment.packages:
        match = re.fullmatch(r"(nvidia-[a-z-]+)-cu(\d\d)", name)
        if match:
            wheels.setdefault(match[1], []).append(name)
    for stem, names in sorted(wheels.items()):
        if len(names) > 1:
            yield FAULT.finding(
                f"{stem} is installed for two CUDA versions, whose files lie in one folder",
                *(Evidence(environment.name, f"{name} {environment.packages[name]}") for name in sorted(names)),
                help=f"remove the one that TensorFlow was not built for: python -m pip uninstall {sorted(names)[0]}",
                severity="warning",
            )
