"""The folder in which downloads are kept may not be written to.

What is seen

    `Permission denied` or `Read-only file system` for a path below `.keras`, `tfhub_modules`, `.cache/huggingface` or
    `.kaggle`; or no error, and files that lie in the cache are downloaded again into `/tmp/.keras`.

Why

    `keras.utils.get_file` tries whether the cache's folder can be written, and otherwise takes `/tmp/.keras`, also
    where the file is already there. Containers with a read-only home, and users without one, meet this.

Remedy

    Name a folder that may be written: `KERAS_HOME`, `TFHUB_CACHE_DIR`, `HF_HOME`, `KAGGLEHUB_CACHE`; or pass the path
    of the file that lies there.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "cache-not-writable",
    "error",
    help="export KERAS_HOME=/a/folder/that/you/may/write (or TFHUB_CACHE_DIR, HF_HOME, KAGGLEHUB_CACHE)",
    reference="https://keras.io/api/utils/python_utils/#get_file-function",
)

_CACHES = r"[\\/](?:\.keras|tfhub_modules|\.cache|huggingface|kagglehub|\.kaggle|keras[\\/](?:models|datasets))\b"

TEXTS = (
    Saying(
        rf"(?:Permission denied|Read-only file system|Access is denied)[:;, '\"\]]*[^\n'\"]*{_CACHES}|"
        rf"{_CACHES}[^\n'\"]*['\"]?[;:, ]+(?:Permission denied|Read-only file system|Access is denied)",
        "the cache's folder may not be written to",
    ),
    Saying(
        r"[\\/]tmp[\\/]\.keras\b",
        "the cache's own folder cannot be written, so that Keras keeps files in /tmp/.keras",
        "likely",
    ),
    Saying(
        r"(?:cache|KERAS_HOME|TFHUB_CACHE_DIR|HF_HOME)[^\n]{0,60}(?:not writea?ble|read-only|cannot be written)"
        r"|read-only cache",
        "the cache's folder may not be written to",
        "likely",
    ),
)
