"""The processor has no AVX, which TensorFlow's wheels need.

What is seen

    `Illegal instruction (core dumped)` at `import tensorflow`, exit code 132, signal 4 or SIGILL, or `The TensorFlow
    library was compiled to use AVX instructions, but these aren't available on your machine`. On Windows
    `DLL load failed ... initialization routine failed`.

Why

    Since 1.6 the wheels are compiled with AVX. Processors before 2011, many Celeron, Pentium and Atom ones, and
    virtual machines that hide it have none. No setting turns it off.

Remedy

    Run the model without TensorFlow (`loadstone detect MODEL PICTURE`), on another machine, with TensorFlow 1.5, or
    with a wheel built for this processor. In a virtual machine, hand the host's processor through.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.environment.cpu import X86_MACHINES, flags_in, needed_instructions
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "env-cpu-no-avx",
    "error",
    help="run the model without TensorFlow: loadstone detect MODEL PICTURE",
    reference="https://github.com/tensorflow/tensorflow/releases/tag/v1.6.0",
)

_WHICH_IS_NEEDED = "see which instructions the processor has: grep -o -w -m1 -E 'avx2?|fma' /proc/cpuinfo | sort -u"

TEXTS = (
    Saying(
        r"was compiled to use (?:AVX|SSE\S*) instructions, but these aren't available",
        "the processor has no AVX, which this TensorFlow was compiled with",
    ),
    Saying(
        r"[Ii]llegal (?:hardware )?[Ii]nstruction|SIGILL|\bexit code:? 132\b|signal(?: number)? 4\b",
        "the process ended at an instruction that this processor does not have: for TensorFlow's wheels that is AVX",
        certainty="likely",
        unless=(
            r"(?i)no avx2|lacks? avx2|without avx2|avx2 (?:not|missing)|compiled to use AVX2",
            r"^flags\s*:.* avx ",
        ),
        help=_WHICH_IS_NEEDED,
    ),
    Saying(
        r"DLL load failed[^\n]*(?:DLL\) initialization routine failed|error code -1073741795)",
        "TensorFlow's library ended while it was starting: on Windows the usual cause is a processor without AVX",
        certainty="possible",
    ),
)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield a finding where a process ended at an unknown instruction, and the flags that are shown have no AVX."""
    flags = flags_in(text.text)
    found = Saying(r"[Ii]llegal [Ii]nstruction|SIGILL", "").matches(text.text)
    if found is not None and flags and "fpu" in flags and "avx" not in flags:
        evidence = Evidence("the text", "flags without avx", "avx")
        yield FAULT.finding("the processor has no AVX, which TensorFlow's wheels are compiled with", evidence)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the target environment's processor has no AVX and its TensorFlow needs it."""
    if subject.top:
        yield from from_environment(subject.environment)


def from_environment(environment: Environment) -> Iterator[Finding]:
    """Yield a finding where the processor is known to lack what the wheel is compiled with; only x86 has AVX."""
    tensorflow = environment.packages.get("tensorflow", "")
    flags = environment.cpu_flags
    if flags is None or not tensorflow or environment.machine not in X86_MACHINES:
        return
    if "avx" in needed_instructions(tensorflow) and "avx" not in flags:
        fact = f"the processor has no AVX, which TensorFlow {tensorflow} is compiled with"
        yield FAULT.finding(fact, Evidence(environment.name, "flags without avx", "avx"))
