"""Python does not find the Object Detection API's folders: they are not on PYTHONPATH, or it is not seen.

What is seen

    `No module named 'nets'` (or `object_detection`, `deployment`, `slim`, `official`).

Why

    `models/research` and `models/research/slim` have to be on PYTHONPATH, in this very shell. The usual slips: the
    backquotes of `pwd` were lost, so that the word itself stands in it; the command ran in another folder; `sudo` drops
    the variable; on Windows the separator is `;` and not `:`.

Remedy

    In `models/research`: export PYTHONPATH=$PYTHONPATH:$(pwd):$(pwd)/slim, or install the API as a package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "odapi-pythonpath",
    "error",
    help="set it in models/research, in the shell that runs the command: "
    "export PYTHONPATH=$PYTHONPATH:$(pwd):$(pwd)/slim",
    reference="https://github.com/tensorflow/models/blob/master/research/object_detection/g3doc/tf2.md",
)

_MISSING = re.compile(
    r"No modules? named '?\"?(?P<name>nets|object_detection|deployment|slim|official)'?\"?\s*$"
    r"|No module named (?P<dotted>object_detection)\.(?!protos)[\w.]+\s*$",
    re.MULTILINE,
)
_SET = re.compile(r"PYTHONPATH[^\n]*")


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield a finding with the slip that the text shows, if it shows one."""
    found = _last(_MISSING, text.text)
    if found is None:
        return
    name = found["name"] or found["dotted"]  # Python 2 prints the whole dotted name, without quotes
    shown, help_text = _slip(text.text)
    fact = f"Python does not find {name}" + (f": {shown}" if shown else "")
    yield FAULT.finding(
        fact,
        Evidence("the text", found[0].strip(), f"a folder on PYTHONPATH that holds {name}/"),
        help=help_text,
    )


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007 - the last one is wanted
        pass
    return found


def _slip(text: str) -> tuple[str, str]:
    """Return what is wrong with PYTHONPATH in the text, and the remedy for it; two empty texts where nothing shows."""
    if re.search(r"(?:^|[:=;])pwd(?:[:/;]|\s|$)", text, re.MULTILINE):
        return "PYTHONPATH holds the word `pwd`, not the folder: the backquotes were lost", ""
    if re.search(r"\bsudo\b[^\n]*\bpython", text):
        return (
            "the command runs under sudo, which drops PYTHONPATH",
            "run it without sudo, or with the variable: sudo -E",
        )
    windows = re.search(r"[A-Za-z]:\\", text)
    if windows and any(re.search(r"\\[^;\n]*:[A-Za-z]:\\|:`pwd`", line) for line in _SET.findall(text)):
        return "on Windows the folders of PYTHONPATH are separated by `;`", "set PYTHONPATH=%CD%;%CD%\\slim"
    return "", ""
