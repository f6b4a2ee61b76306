"""The processor has AVX but not AVX2 or FMA, which one release of TensorFlow needs.

What is seen

    `Illegal instruction (core dumped)` at `import tensorflow` of 2.4.0, on a processor of 2011 to 2013.

Why

    The wheels of 2.4.0 were compiled with AVX2 and FMA by mistake; 2.4.1 took it back.

Remedy

    Install TensorFlow 2.4.1 or newer, or 2.3.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.environment.cpu import X86_MACHINES, flags_in, needed_instructions
from loadstone.environment.versions import order
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "env-cpu-no-avx2",
    "error",
    help='install the release that took it back: python -m pip install "tensorflow==2.4.1"',
    reference="https://github.com/tensorflow/tensorflow/releases/tag/v2.4.1",
)

_ENDED = r"[Ii]llegal [Ii]nstruction|SIGILL|\bexit code:? 132\b"

TEXTS = (
    Saying(
        r"was compiled to use (?:AVX2|FMA|AVX512\w*) instructions, but these aren't available",
        "the processor has no AVX2 or FMA, which this TensorFlow was compiled with",
        help="install a wheel that needs AVX alone: python -m pip install tensorflow",
    ),
    Saying(
        _ENDED,
        "the process ended at an instruction that this processor does not have, and it has no AVX2",
        needs=(r"(?i)no avx2|lacks? avx2|without avx2|avx2 (?:not|missing|is not)",),
    ),
)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield a finding where a process ended at an unknown instruction, with AVX alone or with TensorFlow 2.4.0."""
    found = Saying(_ENDED, "").matches(text.text)
    flags = flags_in(text.text)
    if found is not None and flags and "avx" in flags and "avx2" not in flags:
        fact = "the process ended at an instruction that the processor does not have: it has AVX, and no AVX2"
        yield FAULT.finding(fact, Evidence("the text", "flags with avx", "avx2"), certainty="likely")
        return
    version = text.environment.packages.get("tensorflow", "")
    if found is not None and version and order(version) == order("2.4.0"):
        yield FAULT.finding(
            "the process ended at an instruction that the processor does not have: TensorFlow 2.4.0 needs AVX2 and FMA",
            Evidence("the text", found[0], "TensorFlow 2.4.1, which needs AVX alone"),
            certainty="likely",
        )


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the target environment's processor has AVX, and not what its TensorFlow needs."""
    if subject.top:
        yield from from_environment(subject.environment)


def from_environment(environment: Environment) -> Iterator[Finding]:
    """Yield a finding where the wheel needs AVX2 or FMA and the processor is known to have AVX alone."""
    tensorflow = environment.packages.get("tensorflow", "")
    flags = environment.cpu_flags
    if flags is None or not tensorflow or environment.machine not in X86_MACHINES or "avx" not in flags:
        return
    lacking = sorted(needed_instructions(tensorflow) - flags)
    if lacking:
        fact = f"the processor has no {' and no '.join(lacking)}, which TensorFlow {tensorflow} is compiled with"
        yield FAULT.finding(fact, Evidence(environment.name, "flags with avx", ", ".join(lacking)))
