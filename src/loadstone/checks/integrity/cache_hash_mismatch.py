"""A cached file does not have the hash that the loader knows for it.

What is seen

    `A local file was found, but it seems to be incomplete or outdated because the md5 file hash does not match
    the original value of …`; Keras 3: `Incomplete or corrupted file detected`.

Why

    The file in `~/.keras/models` (or `datasets`) is part of a download, or was fetched by hand in another
    release. Keras fetches it again, which fails where there is no network.

Remedy

    Delete the file and let it be fetched again, or fetch the release that has the hash.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "cache-hash-mismatch",
    "error",
    help="delete the file and let it be fetched again: rm ~/.keras/models/NAME",
)

TEXTS = (
    Saying(
        r"(?:incomplete or outdated because the|Incomplete or corrupted file detected\. The) (?P<kind>\w+) file hash "
        r"does not match the (?:original|provided) value of (?P<hash>[0-9a-fA-F]+)",
        "the file here does not have the {kind} hash {hash} that the loader expects: part of a download, or "
        "another release",
    ),
    Saying(
        r"hash mismatch|NonMatchingChecksumError|has wrong checksum|Hash of downloaded file .* does not match"
        r"|SHA256 hash of .* does not match|(?:md5"
        r"|sha256)(?:sum)? (?:mismatch|does not match)",
        "the file does not have the hash that the loader expects",
        certainty="likely",
    ),
)
