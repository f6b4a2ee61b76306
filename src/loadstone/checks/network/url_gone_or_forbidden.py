"""Nothing is given out at this address: it moved, never existed, or is not public.

What is seen

    `404 -- Not Found`, `403 -- Forbidden`, `HTTP Error 404`, `403 Client Error: Forbidden for url`, `NoSuchBucket`,
    `AccessDenied`, from gdown `Cannot retrieve the public link of the file`.

Why

    Storage of models moves: the weights of `keras-applications` lay in `storage.googleapis.com/keras-applications`, and
    lie in `…/tensorflow/keras-applications`. Cloud storage answers 403 for what does not exist where it may not say so.
    Placeholders of a tutorial (`your_model.tar.gz`) and repeated parts of a path do the rest.

Remedy

    Correct the address, or take the file from where it lies now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.network._texts import address
from loadstone.facts.finding import Certainty, Evidence, Finding
from loadstone.facts.network import STATUS, STATUS_HELP

FAULT = Fault(
    "url-gone-or-forbidden",
    "error",
    help="check the address in a browser; loadstone list shows what can be fetched by name",
    reference="https://www.rfc-editor.org/rfc/rfc9110#name-client-error-4xx",
)

_STATUS = re.compile(
    r"(?:HTTP Error |: |\bERROR |status(?: code)?:? |server responded with |response code |HTTP/[\d.]+ |[\[(])"
    r"(?P<code>40[0346]|410)(?: Client Error|: \w+| -- \w+| [A-Z][a-z]+|[\])])|"
    r"returned error: (?P<curl>40[0346]|410)|^(?P<bare>40[34]|410) Client Error"
)
_WORDS = (
    (
        "404",
        r"NoSuchBucket|NoSuchKey|specified (?:bucket|key|blob) does not exist|(?:Entry|Repository)NotFoundError",
    ),
    ("404", r"(?i:(?:download )?(?:link|url)s? (?:of|for|to) [^\n]{0,60}(?:is|are) (?:dead|broken|gone))"),
    ("403", r"<Code>AccessDenied|Cannot retrieve the public link of the file|Access denied with the following error"),
    (
        "403",
        r"many users have viewed or downloaded|[Qq]uota exceeded.*file|does not have storage\.objects\.get",
    ),
)
_OTHERS = r"requiring consent|consented to|make sure you are authenticated|gated repo|GatedRepoError"
_MOVED = (
    (
        "https://storage.googleapis.com/keras-applications/",
        "https://storage.googleapis.com/tensorflow/keras-applications/",
    ),
    (
        "https://github.com/fchollet/deep-learning-models/releases/download/",
        "https://storage.googleapis.com/tensorflow/keras-applications/",
    ),
)
"""Where a known store was, and where it is (the second keeps the file names only, below a folder per network)."""


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield the status that the server answered with, and where the file lies now if that is known."""
    if error.shows(_OTHERS):
        return
    found = _last(_STATUS, error.text)
    certainty: Certainty = "proved"
    code = next((value for value in found.groupdict().values() if value), "") if found else ""
    if found is None:
        code, found = next(
            ((code, match) for code, words in _WORDS if (match := re.search(words, error.text))), ("", None)
        )
        certainty = "likely"
    if found is None:
        return
    place = address(error)
    if not place and not error.shows(r"urlopen|HTTP ?Error|<Error><Code>|download|wget|curl|fetch"):
        return
    number = error.line_of(found.start())
    evidence = Evidence(f"line {number} of the text", error.lines[number - 1].strip()[:300])
    fact = STATUS.get(int(code), f"the server refuses the request ({code})")
    yield FAULT.finding(
        f"{fact}{f': {place}' if place else ''}", evidence, help=_help(place, int(code)), certainty=certainty
    )


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return max(pattern.finditer(text), key=lambda found: found.start(), default=None)


def _help(place: str, code: int) -> str:
    for old, new in _MOVED:
        if place.startswith(old):
            return f"the files lie below {new} now"
    if repeated := re.search(r"/([^/]+)/\1/", place):
        return f"the part {repeated[1]!r} stands repeatedly in the address: take it out"
    if re.search(r"(?i)your[_-]|<|placeholder|example\.com|path[_-]to", place):
        return "the address holds a placeholder: put the model's own name in"
    return STATUS_HELP.get(code, FAULT.help)
