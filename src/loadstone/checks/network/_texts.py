"""What the texts of failed downloads have in common: the address, and the signs that it is a download that failed."""

from __future__ import annotations

import re

from loadstone.checks.error_text import ErrorText
from loadstone.facts.network import DOCTOR

_ADDRESS = re.compile(r"https?://[^\s'\"<>()\[\]{}|,;]+")

TRANSFER = (
    r"URL fetch failure|urlopen error|urllib|urlretrieve|requests[./\\]|HTTPS?ConnectionPool|HTTPS?Connection\b|"
    r"https?://|ftp://|\bcurl\b|\bwget\b|get_file|\bdownload|Downloading|Connecting to|fatal: unable to access|gdown|"
    r"kagglehub|huggingface_hub|socket\.py|ssl\.py|http[./\\]client"
)
"""A text in which none of these stands is about another connection: a cluster of workers, a debugger, a database."""


def address(error: ErrorText) -> str:
    """Return the address that the text names last before its failure, without the mark that a message puts after it.

    Keras prints `URL fetch failure on {origin}: {code} -- {reason}`: copied with its colon, the link is another one.
    """
    found = [place for place in _ADDRESS.findall(error.text) if "://localhost" not in place]
    return found[-1].rstrip(".:") if found else ""


def walk(error: ErrorText) -> str:
    """Return the command that walks the stations to the text's address."""
    return DOCTOR.format(url=address(error) or "https://storage.googleapis.com")
