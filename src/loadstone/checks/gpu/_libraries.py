"""What the faults of CUDA share: sonames and what they belong to, and versions that a text or an environment states."""

from __future__ import annotations

import re
from dataclasses import dataclass

from loadstone.checks.error_text import ErrorText
from loadstone.environment.tables import table
from loadstone.environment.tables.tensorflow import Release, release_named
from loadstone.environment.versions import order, release_of

_CUDA_STEM = r"cu(?:da|dart|dnn\w*|blas\w*|fft|rand|solver|sparse|pti)"
_LIBRARY = (
    rf"(?:lib(?:{_CUDA_STEM}|cudart|nvJitLink|nccl|nvrtc)\.so(?:\.[\d.]*\d)?"
    rf"|{_CUDA_STEM}?64_\d+\.dll|cudart64_\d+\.dll|nvcuda\.dll|zlibwapi\.dll)"
)

# Patterns are texts here, compiled when first used: `check` imports this module and explains no text.
NOT_FOUND = (
    rf"[Cc]ould(?: not|n't) (?:load dynamic library|load library|open CUDA library|find|locate)(?: file)? '?"
    rf"(?P<asked>{_LIBRARY})'?"
    rf"[^\n]*?(?:(?:dlerror|[Ee]rror)\s*:\s*(?P<lacking>{_LIBRARY})?)?[^\n]*"
    rf"|(?P<opened>{_LIBRARY}): cannot open shared object file"
)
SECOND = rf"(?:dlerror|[Ee]rror)\s*:\s*(?P<lacking>{_LIBRARY}): (?P<why>cannot open shared object file|[^\n;]*)"
LOADED_CUDNN = (
    r"(?i)Loaded (?:runtime )?Cu?DNN (?:library|version):?\s*(?P<loaded>[\d.]*\d)"
    r"[\s\S]{0,60}?compiled with:?\s*(?P<built>[\d.]*\d)"
)
_CUDA_WORD = (
    r"(?i)\bcuda(?: toolkit| version| runtime)?\s*[:=]?\s*v?(\d{1,2}\.\d+(?:\.\d+)?)"
    r"|[/\\-]cuda[-/\\]v?(\d+\.\d+)"
)
_CUDNN_WORD = r"(?i)\bcudnn(?: version| library)?\s*[:=]?\s*v?(\d\.\d+(?:\.\d+)?)"
_TENSORFLOW_WORD = (
    r"(?i)\b(?:tensorflow|tf)(?:[-_ ]?(?:gpu|cpu|nightly))*(?: version)?\s*(?:==|[:=@]|\s)?\s*v?(\d\.\d+(?:\.\d+)?)"
)


@dataclass(frozen=True, slots=True)
class Missing:
    """A library that did not load: the one `asked` for, and the one that is `lacking` (itself, or one it needs)."""

    asked: str
    lacking: str
    line: str


def missing_libraries(text: str) -> list[Missing]:
    """Return what did not load, in the order of the text; TensorRT is left out, which TensorFlow does without."""
    found: dict[tuple[str, str], Missing] = {}
    for match in re.finditer(NOT_FOUND, text):
        line = match[0].strip()
        second = re.search(SECOND, line)
        asked = match["asked"] or match["opened"]
        lacking = second["lacking"] if second else asked
        found.setdefault((asked, lacking), Missing(asked, lacking, line[:300]))
    return list(found.values())


def soname_version(name: str) -> tuple[int, ...]:
    """Return the numbers of a soname (`libcublas.so.11`: 11) or a DLL (`cudart64_101.dll`: 10.1); empty if none."""
    windows = re.search(r"64_(\d+)\.dll", name)
    if windows:
        digits = windows[1]
        return (int(digits),) if len(digits) < 3 else (int(digits[:-1]), int(digits[-1]))
    return release_of(name.partition(".so.")[2])


def is_of_another_set(one: Missing) -> bool:
    """Return whether what lacks is of another CUDA than what asked for it: their numbers differ.

    cuDNN counts its versions for itself, and a name without a number says nothing.
    """
    asked, lacking = soname_version(one.asked), soname_version(one.lacking)
    return bool(asked and lacking) and asked[:1] != lacking[:1] and "cudnn" not in one.asked + one.lacking


def cuda_in(text: ErrorText) -> str:
    """Return the CUDA version that the text states of the machine; empty where it states none."""
    if stated := text.environment.cuda.get("runtime"):
        return stated
    match = re.search(_CUDA_WORD, text.text)
    return (match[1] or match[2]) if match else ""


def cudnn_in(text: ErrorText) -> str:
    """Return the cuDNN version that the text states as installed; what was loaded or compiled with is not meant."""
    plain = "\n".join(
        line for line in text.lines if not re.search(r"(?i)loaded (?:runtime )?cudnn|compiled with", line)
    )
    if match := re.search(_CUDNN_WORD, f"{text.words}\n{plain}"):
        return match[1]
    return "" if len(plain) < len(text.text.rstrip()) else text.environment.cuda.get("cudnn", "")


def tensorflow_in(text: ErrorText) -> str:
    """Return the TensorFlow that the text shows or states; empty where it does not."""
    if shown := text.environment.packages.get("tensorflow"):
        return shown
    match = re.search(_TENSORFLOW_WORD, text.text)
    return match[1] if match else ""


def is_windows(text: ErrorText) -> bool:
    """Return whether the text comes from native Windows."""
    if text.environment.system:
        return text.environment.system == "Windows"
    return bool(
        re.search(r"(?i)\bwindows(?: |-)?(?:1[01]|7|8|server|native)?\b|[A-Z]:\\", text.text)
    ) and not re.search(r"(?i)\bWSL", text.text)


def sonames_of(release: Release) -> list[str]:
    """Return the CUDA and cuDNN libraries that a release's wheel asks the loader for on Linux; empty if not known."""
    rows: dict[str, list[str]] = table("cuda")["sonames"]
    row = rows.get(release.cuda) or rows.get(release.cuda.partition(".")[0], [])
    cudnn = table("cuda")["cudnn_soname"]
    name = cudnn.get(release.cudnn) or cudnn.get(release.cudnn.partition(".")[0])
    return [*row, *([name] if row and name else [])]


def mismatch(tensorflow: str, cuda: str) -> tuple[Release, str] | None:
    """Return (release, CUDA it is built for) where another CUDA is there that its libraries' names do not fit.

    Up to 10.1 the runtime's name holds both numbers, so that 10.2 is not 10.1; from 11 on the major alone counts
    (CUDA's minor version compatibility).
    """
    release = release_named(tensorflow) if tensorflow else None
    if release is None or not cuda or not release.cuda:
        return None
    built, here = release_of(release.cuda), release_of(cuda)
    same = built[0] == here[0] if built[0] >= 11 else (*built, 0)[:2] == (*here, 0)[:2]
    return None if same else (release, release.cuda)


def needed_driver(cuda: str) -> str:
    """Return the oldest Linux driver for a CUDA runtime, `525.60.13` for any 12; empty where the table has none."""
    rows: dict[str, str] = table("cuda")["driver"]
    return rows.get(".".join(map(str, release_of(cuda)[:2]))) or rows.get(str((*release_of(cuda), 0)[0]), "")


def is_older(version: str, than: str) -> bool:
    """Return whether a version is older, both being known."""
    return bool(version and than) and order(version) < order(than)
