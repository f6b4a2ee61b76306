"""TensorFlow 2.11 and newer do not use the graphics card on native Windows.

What is seen

    `list_physical_devices('GPU')` gives an empty list and `is_built_with_cuda()` is False, on Windows, while other
    frameworks find the card; no error is shown.

Why

    2.10 was the last release with a build for it. Since then the wheel for Windows is built without CUDA.

Remedy

    Use WSL 2, or TensorFlow 2.10 with CUDA 11.2 and cuDNN 8.1: python -m pip install "tensorflow<2.11".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.gpu._libraries import is_windows, tensorflow_in
from loadstone.checks.subject import Subject
from loadstone.environment.versions import order
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "gpu-windows-native-unsupported",
    "warning",
    help='use WSL 2, or the last release for it: python -m pip install "tensorflow<2.11" "numpy<2"',
    reference="https://www.tensorflow.org/install/pip#windows-native",
)

FIRST_WITHOUT = "2.11"

TEXTS = (
    Saying(
        r"GPU support is not (?:available|supported)[^\n]*(?:native )?Windows|TensorFlow >= 2\.11 does not support GP"
        r"U on "
        r"(?:native )?Windows",
        "TensorFlow 2.11 and newer do not use the graphics card on native Windows",
    ),
)

_NONE_FOUND = (
    r"list_physical_devices\(['\"]GPU['\"]\)[^\n]*(?:\n[^\n]*)?\[\]"
    r"|Num GPUs Available:?\s*0"
    r"|(?:is_buil[dt]_with_cuda|is_gpu_available)\(\)[^\n]*(?:\n[^\n]*)?(?:F|f)alse"
    r"|[Nn]ot (?:detect|find|us)\w* (?:my |the |any )?GPU"
    r"|GPU (?:is )?not (?:being )?(?:detected|found|available|recogni[sz]ed|used)"
    r"|only (?:shows?|lists?|finds?|sees?|detects?) (?:the )?CPU"
    r"|GPU (?:device )?list is empty|[Nn]o (?:GPUs?|physical GPU\w*|GPU devices?) (?:is |are |was "
    r"|were )?(?:found|detected|available|listed)"
    r"|\[PhysicalDevice\(name='/physical_device:CPU:0', device_type='CPU'\)\]"
)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield a finding where no card is found, on Windows, by a release that has no support for it."""
    found, tensorflow = re.search(_NONE_FOUND, text.text), tensorflow_in(text)
    if found is None or not is_windows(text) or not tensorflow or order(tensorflow) < order(FIRST_WITHOUT):
        return
    yield FAULT.finding(
        f"TensorFlow {tensorflow} has no support for graphics cards on native Windows",
        Evidence("the text", found[0][:200], "TensorFlow 2.10, or WSL 2"),
    )


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the target environment is Windows with a card that its TensorFlow cannot use."""
    if subject.top:
        yield from from_environment(subject.environment)


def from_environment(environment: Environment) -> Iterator[Finding]:
    """Yield a finding where a card's driver or CUDA is known on native Windows beside TensorFlow 2.11 or newer."""
    tensorflow = environment.packages.get("tensorflow", "")
    if (
        environment.system == "Windows"
        and environment.cuda
        and tensorflow
        and order(tensorflow) >= order(FIRST_WITHOUT)
    ):
        fact = f"TensorFlow {tensorflow} does not use the graphics card on native Windows"
        yield FAULT.finding(
            fact, Evidence(environment.name, f"tensorflow {tensorflow}", "2.10 or WSL 2"), severity="info"
        )
