"""The cuDNN that is loaded is older than the one TensorFlow was compiled with.

What is seen

    `Loaded runtime CuDNN library: 8.0.5 but source was compiled with: 8.1.0`, and after it, at the first convolution,
    `DNN library is not found` or `Failed to get convolution algorithm`. The first line is the cause, the last its echo.

Why

    cuDNN must have the same major version and no lower minor version than what the wheel was built for. An update of
    TensorFlow (by the Object Detection API's installer, say) leaves the system's cuDNN behind.

Remedy

    Install the cuDNN that is named, or a TensorFlow built for the one that is here; from 2.14 on
    `pip install "tensorflow[and-cuda]"` brings the right one along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.gpu._libraries import LOADED_CUDNN, cudnn_in, is_older
from loadstone.checks.subject import Subject
from loadstone.environment.tables.tensorflow import release_named, releases
from loadstone.environment.versions import order, release_of
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "gpu-cudnn-too-old",
    "error",
    help="install a newer cuDNN of the same major version; with TensorFlow 2.14 or newer: "
    'python -m pip install "tensorflow[and-cuda]"',
    reference="https://www.tensorflow.org/install/source#gpu",
)

TEXTS = (
    Saying(
        r"DNN library is not found|DNN library initialization failed",
        "the first convolution found no usable cuDNN: an earlier line of the log says why, most often an older cuDNN "
        "than "
        "TensorFlow was compiled with",
        certainty="likely",
        echo=True,
    ),
    Saying(
        r"CUDNN_STATUS_(?:VERSION_MISMATCH|ARCH_MISMATCH)|cuDNN version is too old|requires cuDNN (?P<need>[\d.]+\d) "
        r"or",
        "the cuDNN that is loaded does not fit this TensorFlow",
        certainty="likely",
    ),
)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Compare the two versions that the message names; a newer one installed than loaded is another fault."""
    found = re.search(LOADED_CUDNN, text.text)
    if found is None or not is_older(found["loaded"], found["built"]):
        return
    installed = cudnn_in(text)
    if (
        installed
        and not is_older(installed, found["built"])
        and release_of(installed)[0] == release_of(found["built"])[0]
    ):
        return
    yield FAULT.finding(
        f"cuDNN {found['loaded']} is loaded, and TensorFlow was compiled with {found['built']}",
        Evidence("the text", f"cuDNN {found['loaded']}", f"cuDNN {found['built']} or newer of the same major version"),
        help=f"install cuDNN {found['built']}" + _or_another(found["loaded"]),
    )


def _or_another(loaded: str) -> str:
    """Return the TensorFlow that is built for what is loaded, as the other way out."""
    fits = [release for release in releases() if _fits(loaded, release.cudnn)]
    return f', or the TensorFlow for this one: python -m pip install "tensorflow=={fits[-1].version}"' if fits else ""


def _fits(loaded: str, built: str) -> bool:
    return release_of(loaded)[:1] == release_of(built)[:1] and order(loaded) >= order(built)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the cuDNN of the target environment is older than its TensorFlow's."""
    if subject.top:
        yield from from_environment(subject.environment)


def from_environment(environment: Environment) -> Iterator[Finding]:
    """Yield a finding where cuDNN is known, and older than what the installed TensorFlow was built for."""
    cudnn, tensorflow = environment.cuda.get("cudnn", ""), environment.packages.get("tensorflow", "")
    release = release_named(tensorflow) if tensorflow else None
    if release is None or len(release_of(cudnn)) < 2 or release_of(cudnn)[:1] != release_of(release.cudnn)[:1]:
        return
    if is_older(cudnn, release.cudnn):
        yield FAULT.finding(
            f"cuDNN {cudnn} is older than the {release.cudnn} that TensorFlow {tensorflow} was compiled with",
            Evidence(environment.name, f"cuDNN {cudnn}", f"cuDNN {release.cudnn}"),
            severity="warning",
        )
