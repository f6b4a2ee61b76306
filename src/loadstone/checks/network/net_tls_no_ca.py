"""The server's certificate cannot be traced to an authority that this Python trusts.

What is seen

    `[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed`, behind `URL fetch failure on …: None --`, or from curl
    and wget `SSL certificate problem` and `cannot verify … certificate`.

Why

    Python of python.org for macOS comes without authorities until its `Install Certificates.command` has run; slim
    containers lack `ca-certificates`; a company's proxy signs with an authority of its own. The address is good: the
    colon that ends it in Keras's message makes a pasted link fail with 404, which means nothing.

Remedy

    Give Python the authorities: run that command, install `certifi` or `ca-certificates`, or name the company's file in
    `SSL_CERT_FILE`. Do not switch verification off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.network._texts import address
from loadstone.facts.finding import Certainty, Evidence, Finding
from loadstone.facts.network import CERTIFICATES

FAULT = Fault(
    "net-tls-no-ca",
    "error",
    help="python -m pip install --upgrade certifi, then export SSL_CERT_FILE=$(python -m certifi)",
    reference="https://docs.python.org/3/library/ssl.html#ssl.create_default_context",
)

_REFUSED = re.compile(
    r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSL certificate problem|cannot verify \S+ certificate|"
    r"SSLCertVerificationError|server certificate verification failed|CERT_UNTRUSTED|"
    r"unable to get local issuer certificate|Problem with the SSL CA cert|error setting certificate verify locations"
)
_REASONS = (
    (9, r"certificate is not yet valid"),
    (10, r"certificate has expired"),
    (19, r"self[- ]signed certificate in certificate chain"),
    (18, r"self[- ]signed certificate"),
    (62, r"[Hh]ostname mismatch|doesn't match|no alternative certificate subject name"),
    (64, r"IP address mismatch"),
    (21, r"unable to verify the first certificate"),
)
"""OpenSSL's number → its words; the code 20, an unknown authority, where none of these is said."""

_NO_TLS = re.compile(r"unknown url type: https|SSL module is not available|No module named '?_ssl'?")
_MACOS_PYTHON = r"/Library/Frameworks/Python\.framework"


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield what the verification's own words say."""
    if found := _REFUSED.search(error.text):
        code = next((number for number, words in _REASONS if re.search(words, error.text)), 20)
        fact, remedy = CERTIFICATES[code]
        yield FAULT.finding(fact, _evidence(error, found), help=_help(error, code, remedy))
    elif found := _NO_TLS.search(error.text):
        certainty: Certainty = "likely"
        fact = "this Python was built without OpenSSL, so that no https address can be opened"
        yield FAULT.finding(
            fact, _evidence(error, found), help="install a Python that has the ssl module", certainty=certainty
        )


def _help(error: ErrorText, code: int, remedy: str) -> str:
    version = ".".join(error.environment.python.split(".")[:2])
    on_mac = error.environment.system == "Darwin" or error.shows(_MACOS_PYTHON)
    if on_mac and code == 20:
        folder = f"Python {version}" if version else "Python 3.*"
        return f'run "/Applications/{folder}/Install Certificates.command"'
    return remedy.format(clock="date -u")


def _evidence(error: ErrorText, found: re.Match[str]) -> Evidence:
    number = error.line_of(found.start())
    place = address(error)
    line = error.lines[number - 1].strip()[:300]
    return Evidence(f"line {number} of the text", line, f"a certificate that is trusted, of {place}" if place else "")
