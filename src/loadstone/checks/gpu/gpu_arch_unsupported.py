"""The graphics card is newer (or older) than any that this TensorFlow has kernels for.

What is seen

    `CUDA_ERROR_INVALID_PTX`, `CUDA_ERROR_INVALID_HANDLE`, `CUDA_ERROR_NO_BINARY_FOR_GPU`, `no kernel image is
    available`, `not built with CUDA kernel binaries compatible with compute capability`, or minutes of silence at the
    first step (`could take 30 minutes or longer`); for an old card `Ignoring visible gpu device ... minimum required`.

Why

    A wheel holds kernels for the compute capabilities that its CUDA knew. CUDA 12.5, which TensorFlow 2.18 to 2.21 are
    built for, knows none above 9.0: the RTX 50 series has 12.0, and needs CUDA 12.8.

Remedy

    Use NVIDIA's own container or a build for the card; or the CPU: CUDA_VISIBLE_DEVICES=-1. Loadstone runs detectors
    without CUDA: loadstone detect MODEL PICTURE.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.environment.tables import table
from loadstone.environment.tables.tensorflow import release_named
from loadstone.environment.versions import order
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "gpu-arch-unsupported",
    "error",
    help="use NVIDIA's TensorFlow container, or the CPU: CUDA_VISIBLE_DEVICES=-1",
    reference="https://developer.nvidia.com/cuda-gpus",
)

_NEW_CARD = (
    r"\bRTX\s*(?:PRO\s*)?(?:5\d{3}|5xxx|50[\s-]?series)|\bBlackwell\b|\bsm_?1[02]\d\b|\bB[12]00\b"
    r"|compute capability:? 1[02]\.\d"
)
_REFUSED = r"(?:isn't|is not|not) (?:yet )?supported"

TEXTS = (
    Saying(
        r"not built with CUDA kernel binaries compatible with compute capability (?P<capability>\d+\.\d+)",
        "this TensorFlow has no kernels for compute capability {capability}",
    ),
    Saying(
        r"CUDA_ERROR_(?P<name>INVALID_PTX|NO_BINARY_FOR_GPU|INVALID_IMAGE)|no kernel image is available for execution"
        r"|device kernel image is invalid",
        "this TensorFlow has no kernels for the graphics card, and the driver refuses what it would compile",
    ),
    Saying(
        r"CUDA_ERROR_INVALID_HANDLE",
        "a kernel could not be launched: this TensorFlow has none for the graphics card",
        certainty="likely",
    ),
    Saying(
        r"Ignoring visible gpu device[^\n]*compute capability:? (?P<capability>\d+\.\d+)[\s\S]{0,200}?minimum require"
        r"d Cuda "
        r"capability is (?P<least>\d+\.\d+)",
        "the card's compute capability {capability} is below the {least} that this TensorFlow has kernels for",
        help="use an older TensorFlow, or the CPU: CUDA_VISIBLE_DEVICES=-1",
    ),
    Saying(
        r"ptxas[^\n]*(?:Value 'sm_(?P<arch>\d+\w?)' is not defined|Unsupported \.version|does not support CC)",
        "the toolkit's ptxas is older than the graphics card",
    ),
    Saying(
        rf"{_REFUSED}[^\n]*(?:{_NEW_CARD})|(?:{_NEW_CARD})[^\n]*{_REFUSED}",
        "the graphics card is newer than the CUDA that TensorFlow's wheels are built for",
        certainty="likely",
    ),
    Saying(
        r"JIT-compiled from PTX, which could take 30 minutes",
        "this TensorFlow has no kernels for the card and compiles them at the first step",
        certainty="likely",
        echo=True,
    ),
)

_CAPABILITY = r"(?i)compute capability:? (?P<capability>\d+\.\d+)"


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Compare the capability that a log names with what the CUDA of its TensorFlow knew."""
    found = re.search(_CAPABILITY, text.text)
    tensorflow = text.environment.packages.get("tensorflow", "")
    failed = re.search(r"CUDA_ERROR|INTERNAL:|[Ff]ailed to|Aborted|hang|could take 30 minutes", text.text)
    if found is not None and failed is not None:
        yield from _unknown(found["capability"], tensorflow, "the text")


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the card of the target environment is newer than its TensorFlow's CUDA."""
    if subject.top:
        yield from from_environment(subject.environment)


def from_environment(environment: Environment) -> Iterator[Finding]:
    """Yield a finding where the card's capability is known and came with a later CUDA than TensorFlow's."""
    capability, tensorflow = environment.cuda.get("capability", ""), environment.packages.get("tensorflow", "")
    yield from _unknown(capability, tensorflow, environment.name)


def _unknown(capability: str, tensorflow: str, where: str) -> Iterator[Finding]:
    release = release_named(tensorflow) if tensorflow else None
    first: str = table("cuda")["capability"].get(capability, "")
    if release is not None and first and order(first) > order(release.cuda):
        built = f"TensorFlow {tensorflow} was built with {release.cuda}"
        fact = f"compute capability {capability} came with CUDA {first}, and {built}"
        yield FAULT.finding(fact, Evidence(where, f"capability {capability}", f"CUDA {first}"), severity="warning")
