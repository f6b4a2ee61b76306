"""Python tracebacks as text → exceptions and frames: CPython's form, IPython's, and chains of them.

What this is not: a judgement. It also reads what frameworks leave of a traceback: Keras filters its own frames away,
and TensorFlow repeats an exception as one log line. The forms are those of CPython's `traceback` module 3.5 to 3.14 and
of IPython 5 to 9.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Relation = Literal["", "cause", "context"]


@dataclass(frozen=True, slots=True)
class Frame:
    """A place in source code: file, line (0: not given), function, and the source line where one is shown."""

    path: str
    line: int
    function: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception as it was printed: its class as written, its message with notes, and the line where it begins.

    `relation` says how it stands to the exception printed before it: raised from it (`cause`), while handling it
    (`context`), or not at all.
    """

    kind: str
    message: str
    line: int
    relation: Relation = ""

    @property
    def name(self) -> str:
        """The class without its module: `DataLossError`."""
        return self.kind.rpartition(".")[2]


_FRAMES = (
    re.compile(r'^ *(?:\| *)*File "(?P<path>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?'),
    re.compile(r"^ *(?:[^\s,]*>\s*)?File (?P<path>\S.*?\.\w+):(?P<line>\d+), in (?P<function>[^(\n]+)"),
    re.compile(r"^ *(?P<path>\S.*\.pyx?)(?:(?P<line>)) in (?P<function>[^(\n]+)\("),
    re.compile(r"^ *(?P<path>\S.*\.py):(?P<line>\d+): in (?P<function>\S+)"),
    re.compile(r"^ *(?P<path><ipython-input-[^>]+>)(?P<line>) in (?P<function>[^(\n]+)"),
    re.compile(r"^ *(?P<path>(?:Cell In|Input In) ?\[\d+\]), (?:line (?P<line>\d+)|in (?P<function>.+))"),
)
_NAMES = (
    r"[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Iteration|Warning)|Exception|BadZipFile|BadGzipFile|gaierror|herror|error|"
    r"timeout|Timeout|ConnectTimeout|ReadTimeout|OutOfRange"
)
_RAISED = re.compile(
    rf"^(?:[Ee]xception: )?(?:E   +|ERROR[: ]+|E +|\| +)?\s{{0,8}}(?P<kind>(?:[A-Za-z_]\w*\.)*(?:{_NAMES}))"
    r"(?: \(see above for traceback\))?"
    r"(?:(?P<table>\s{3,}Traceback \(most recent call last\))|: ?(?P<message>.*)|$)"
)
_RELATIONS: tuple[tuple[str, Relation], ...] = (
    ("The above exception was the direct cause of the following exception", "cause"),
    ("During handling of the above exception, another exception occurred", "context"),
)
_ENDS = re.compile(
    r"^(?:Traceback \(most recent|\s*File |The above exception|During handling|"
    r"\d{4}-\d\d-\d\d |[IWEF]\d{4} \d\d:|-{20,})"
)
LONGEST_MESSAGE = 60
"""Lines of a message beyond this number are not read: a model's whole configuration may follow."""


def frames(text: str) -> tuple[Frame, ...]:
    """Return every frame of a text, in order."""
    lines = text.splitlines()
    found = []
    for number, line in enumerate(lines):
        for form in _FRAMES if len(line) < 2000 else ():
            if match := form.match(line):
                place = match.groupdict()
                source = lines[number + 1].strip() if number + 1 < len(lines) else ""
                numbered = int(place["line"]) if (place.get("line") or "").isdecimal() else 0
                found.append(Frame(place["path"], numbered, (place.get("function") or "").strip(), source))
                break
    return tuple(found)


def exceptions(text: str) -> tuple[Raised, ...]:
    """Return the exceptions of a text, in order; IPython's heading and its last line count as one."""
    lines = text.splitlines()
    found: list[Raised] = []
    relation: Relation = ""
    for number, line in enumerate(lines):
        relation = next((meant for words, meant in _RELATIONS if words in line), relation)
        match = _RAISED.match(line) if len(line) < 20_000 else None
        if match is None or match["table"] or (match["message"] is None and not _stands_alone(lines, number)):
            continue
        message = "\n".join([match["message"] or "", *_rest(lines, number + 1)]).strip()
        found.append(Raised(match["kind"], message, number + 1, relation))
        relation = ""
    return tuple(found)


def _stands_alone(lines: list[str], number: int) -> bool:
    """Say whether a bare class name is an exception without message rather than a word: a frame is near above it."""
    return number == 0 or any(form.match(line) for line in lines[max(0, number - 4) : number] for form in _FRAMES)


def _rest(lines: list[str], start: int) -> list[str]:
    """Return the further lines of a message and its notes."""
    rest = []
    for line in lines[start : start + LONGEST_MESSAGE]:
        if _ENDS.match(line) or _RAISED.match(line):
            break
        rest.append(line)
    return rest
