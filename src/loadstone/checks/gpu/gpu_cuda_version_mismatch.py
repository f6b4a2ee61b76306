"""The CUDA (or the driver) that is here is not the one TensorFlow was built for.

What is seen

    Only CPU devices are listed although CUDA is installed; libraries with another number in their name are not found;
    `CUDA driver version is insufficient for CUDA runtime version`; `CUDA_ERROR_UNSUPPORTED_PTX_VERSION`.

Why

    Each wheel asks for libraries by a name that holds CUDA's version: TensorFlow 2.1 for 10.1, and 10.2 has other
    names. A driver serves a CUDA runtime up to its own age.

Remedy

    Install the CUDA of the table of tested build configurations, or the TensorFlow for the CUDA that is here; a newer
    driver where it is the driver.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.gpu._libraries import (
    cuda_in,
    is_older,
    is_windows,
    mismatch,
    missing_libraries,
    needed_driver,
    soname_version,
    tensorflow_in,
)
from loadstone.checks.subject import Subject
from loadstone.environment.tables.tensorflow import release_named
from loadstone.environment.versions import order, release_of
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Certainty, Evidence, Finding

FAULT = Fault(
    "gpu-cuda-version-mismatch",
    "error",
    help="install the CUDA that this TensorFlow was built for, or the TensorFlow for this CUDA",
    reference="https://www.tensorflow.org/install/source#gpu",
)

TEXTS = (
    Saying(
        r"CUDA driver version is insufficient for CUDA runtime version|CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
        "the driver is older than the CUDA runtime that TensorFlow was built for",
        help="install a newer NVIDIA driver; nvidia-smi shows the newest CUDA that the present one serves",
    ),
    Saying(
        r"CUDA_ERROR_UNSUPPORTED_PTX_VERSION|PTX was compiled with an unsupported toolchain",
        "the driver is older than the CUDA that the kernels were compiled with",
        help="install a newer NVIDIA driver",
    ),
    Saying(
        r"Possibly insufficient driver version: (?P<driver>[\d.]+\d)",
        "the driver {driver} is too old for the CUDA or cuDNN that is loaded",
        help="install a newer NVIDIA driver",
        certainty="likely",
    ),
    Saying(
        r"[Dd]river's CUDA version is (?P<driver>[\d.]+\d),? which is older than the \w+ CUDA version \(?(?P<needed>"
        r"[\d.]+\d)",
        "the driver serves CUDA {driver}, and {needed} is asked of it",
        help="install a newer NVIDIA driver",
    ),
)

_NO_GPU = (
    r"physical_device:CPU:0[^\n]*\]|list_physical_devices\('GPU'\)[^\n]*\[\]|Num GPUs Available:\s*0|is_gpu_available"
    r"[^\n]*False"
    r"|Skipping registering GPU devices|Failed to get convolution algorithm|no known devices"
)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Compare the CUDA that the text states with the one of its TensorFlow, or with the library that is not found."""
    found = mismatch(tensorflow_in(text), cuda_in(text))
    asked = next((one for one in missing_libraries(text.text) if one.lacking == one.asked), None)
    gone = re.search(_NO_GPU, text.text)
    if found is not None and (asked or gone) and not _windows_without_gpu(text, found[0].version):
        release, built = found
        cuda = cuda_in(text)
        yield FAULT.finding(
            f"CUDA {cuda} is here, and TensorFlow {release.version} was built for {built}",
            Evidence("the text", f"CUDA {cuda}", f"CUDA {built}, cuDNN {release.cudnn}"),
            certainty=_certainty(asked is not None),
        )
    elif found is None and asked is not None and _is_another_runtime(asked.lacking, cuda_in(text)):
        yield FAULT.finding(
            f"{asked.lacking} is asked for, and CUDA {cuda_in(text)} is here, whose libraries have other names",
            Evidence("the text", f"CUDA {cuda_in(text)}", asked.lacking),
            certainty="likely",
        )


def _certainty(asked: bool) -> Certainty:
    return "proved" if asked else "likely"


def _windows_without_gpu(text: ErrorText, tensorflow: str) -> bool:
    return is_windows(text) and order(tensorflow) >= order("2.11")


def _is_another_runtime(name: str, cuda: str) -> bool:
    """Whether a runtime library is of another major CUDA; the other libraries count their versions for themselves."""
    numbers = soname_version(name)
    return bool(numbers and cuda and "cudart" in name) and numbers[:1] != release_of(cuda)[:1]


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the target environment's driver or CUDA does not fit its TensorFlow."""
    if subject.top:
        yield from from_environment(subject.environment)


def from_environment(environment: Environment) -> Iterator[Finding]:
    """Yield a finding for a driver too old for the CUDA of TensorFlow, or for a described CUDA that is another."""
    tensorflow = environment.packages.get("tensorflow", "")
    release = release_named(tensorflow) if tensorflow else None
    if release is None:
        return
    driver, needed = environment.cuda.get("driver", ""), needed_driver(release.cuda)
    if is_older(driver, needed):
        yield FAULT.finding(
            f"the driver {driver} is too old for CUDA {release.cuda}, which TensorFlow {tensorflow} was built for",
            Evidence(environment.name, f"driver {driver}", f"driver {needed}"),
            help="install a newer NVIDIA driver",
            severity="warning",
        )
    cuda = environment.cuda.get("runtime", "")
    if environment.libraries is None and mismatch(tensorflow, cuda):
        yield FAULT.finding(
            f"CUDA {cuda} is not the {release.cuda} that TensorFlow {tensorflow} was built for",
            Evidence(environment.name, f"CUDA {cuda}", f"CUDA {release.cuda}"),
            severity="warning",
        )
