"""An error text or log as `explain` reads it: cleaned, with its exceptions and the environment that it shows."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from functools import cached_property

from loadstone.checks.tracebacks import Frame, Raised, exceptions, frames
from loadstone.facts.environment import Environment

UNKNOWN = Environment(name="the text's", complete=False)

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]|[^\n]\x08|\x08")
_LOST_ESCAPES = re.compile(r"\[(?:\d{1,2};)*\d{1,2}m")
_COLAB_LINKS = re.compile(r"\[([^\]\n]+)\]\(https://localhost:\d+/#?\)")
_ENTITIES = re.compile(r"&(?:lt|gt|amp|quot|apos|#39|#x27|nbsp);")
_PREFIXES = (
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ",  # hosted continuous integration, and containers' logs with times
    r"[\w.-]+ +\| ",  # docker compose
    r"\[\d+,\d+\]<std(?:err|out)>: ?",  # mpirun
    r"\(\w+ pid=\d+(?:, ip=[\d.]+)?\) ",  # Ray
    r"\d+\.\d+s\t? *\d+\t? ",  # Kaggle
    r"> ",  # a quotation in Markdown
    r"[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \S+ [\w./-]+\[\d+\]: ",  # journald
)
"""What collectors of logs put before each line."""

_RUN = re.compile(r"[\w+/=.]{400,}")
"""Base64 of code or weights: the square of its length is what some patterns would take."""

LONGEST_LINE = 4000
"""Characters of a line that are searched. Some patterns' work grows with the square of a line: one of 100,000
characters without a space took 50 seconds. A message speaks at its ends; the middle is a dumped configuration."""
LONGEST_TEXT = 200_000
"""Characters of a text that are searched: a cause stands where a log begins to fail, or where it ends."""


@dataclass(frozen=True)
class ErrorText:
    """What somebody pasted: `text` with its escape sequences gone and line ends mended.

    `environment` is what the text shows of where it happened (versions, paths, system); it is never complete. What
    tracebacks and log lines prove stands in it before what somebody says; `disputed` are the sayings that are wrong.
    `words` is what was said of the environment beside the text.
    """

    text: str
    environment: Environment = UNKNOWN
    disputed: tuple[str, ...] = field(default=())
    words: str = ""

    @property
    def lines(self) -> list[str]:
        """The text's lines."""
        return self.text.splitlines()

    @cached_property
    def exceptions(self) -> tuple[Raised, ...]:
        """The exceptions in the order in which they stand; of a chain the first is the innermost cause."""
        return exceptions(self.text)

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """Every place in source code that a traceback of the text names, in order."""
        return frames(self.text)

    def shows(self, pattern: str) -> bool:
        """Say whether a regular expression is found in the text."""
        return re.search(pattern, self.text, re.MULTILINE) is not None

    def line_of(self, position: int) -> int:
        """Return the line, counted from 1, that a position of the text stands in."""
        return self.text.count("\n", 0, position) + 1


def read(text: str, environment: Environment | str | None = None) -> ErrorText:
    """Return a pasted text, cleaned, with the environment that it shows.

    `environment` is what is known or said of where it happened: a value, or words (`Windows 10, TF 2.4`).
    """
    from loadstone.checks.error_environment import shown

    cleaned = clean(text)
    known, disputed = shown(cleaned, environment)
    return ErrorText(cleaned, known, disputed, environment if isinstance(environment, str) else "")


def decode(content: bytes) -> str:
    """Return the text of a log's bytes: UTF-8, or UTF-16 as PowerShell's redirection writes it; nothing raises."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    even, odd = (content[first:400:2].count(b"\x00") for first in (0, 1))
    if even + odd > len(content[:400]) // 4:
        return content.decode("utf-16-le" if odd > even else "utf-16-be", "replace")
    return content.decode("utf-8", "replace")


def clean(text: str) -> str:
    """Return a text without escape sequences, entities and the prefixes of log collectors; line ends are `\\n`."""
    text = _ESCAPES.sub("", text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    if "[0m" in text or "[39m" in text:
        text = _LOST_ESCAPES.sub("", text)
    text = _ENTITIES.sub(lambda found: html.unescape(found.group()), text).replace("\u00a0", " ")
    return _unprefixed(_COLAB_LINKS.sub(r"\1", _bounded(text)))


def _bounded(text: str) -> str:
    """Cut what is too long to be searched: the middle of long lines, and of a long log all but its ends."""
    if len(text) > LONGEST_TEXT:
        half = LONGEST_TEXT // 2
        text = f"{text[:half]}\n…\n{text[-half:]}"
    text = _RUN.sub(lambda found: f"{found[0][:100]}…{found[0][-100:]}", text)
    if len(text) <= LONGEST_LINE:
        return text
    half = LONGEST_LINE // 2
    lines = text.split("\n")
    return "\n".join(line if len(line) <= LONGEST_LINE else f"{line[:half]} … {line[-half:]}" for line in lines)


def _unprefixed(text: str) -> str:
    """Take away a prefix that most lines bear."""
    for prefix in _PREFIXES:
        lines = text.splitlines()
        told = [line for line in lines if line.strip()]
        pattern = re.compile(prefix)
        bearing = sum(pattern.match(line) is not None or line.strip() == ">" for line in told)
        if bearing > 1 and bearing * 3 >= len(told) * 2:
            text = "\n".join(pattern.sub("", line, count=1) if line.strip() != ">" else "" for line in lines)
    return text
