"""A download was used without a look at its hash.

What is seen

    No error from the download, and afterwards `truncated file` or `file signature not found` from what was just
    fetched.

Why

    `keras.utils.get_file` of old versions compares the hash of a file that it finds, not that of a file that it
    has just fetched; the next run would notice.

Remedy

    Delete the cached file, and fetch it so that it is compared: `loadstone get ADDRESS`.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "get-file-no-postcheck",
    "warning",
    help="delete the cached file and fetch it compared: loadstone get ADDRESS",
)

TEXTS = (
    Saying(
        r"(?i)(?:hash|md5|sha256|checksum)[^\n]{0,80}\b(?:only|not|never|n't)\b[^\n]{0,60}\b(?:checked"
        r"|validated|verified|compared)"
        r"|(?i:\b(?:not|never|n't) (?:check|verify|validate|compare)\w*[^\n]{0,40}(?:hash|md5|sha256|checksum))",
        "the hash of a fresh download is not compared by this version of get_file",
        certainty="possible",
        needs=(r"(?i)get_file|download",),
    ),
    Saying(
        r"Downloading data from (?P<url>\S+)",
        "what get_file had just fetched from {url} could not be read: it is not compared with its hash after "
        "a download",
        certainty="possible",
        needs=(r"truncated file|file signature not found|Compressed file ended|not a zip file",),
    ),
)
