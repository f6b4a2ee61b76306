"""A missing path, masked: the system's own message is not UTF-8.

What is seen

    `UnicodeDecodeError: 'utf-8' codec can't decode byte 0x… in position …` out of `GFile`, `file_io` or
    `BufferedInputStream`, on a Windows that does not speak English.

Why

    TensorFlow cannot open the file, takes the system's message (`Das System kann den angegebenen Pfad nicht
    finden`) in the local code page, and fails to decode that. The file's own bytes were never read.

Remedy

    Look whether every path on the command line and in the configuration exists and is a file: no folder, no blank
    in the middle, no lost backslash.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "path-missing-masked-unicode",
    "error",
    help="look whether every path on the command line and in the config exists and is a file",
)

_BYTE = r"UnicodeDecodeError: 'utf-?8' codec can't decode byte 0x(?P<byte>[0-9a-f*]{2}) in position (?P<at>\d+)"

TEXTS = (
    Saying(
        _BYTE,
        "a path is missing or a folder: the system's message about it (byte 0x{byte}) is not UTF-8",
        certainty="likely",
        needs=(
            (
                r"(?i)gfile|file_io|BufferedInputStream|BufferedFileStream|get_configs_from_pipeline_file"
                r"|_preread_check|errors_impl|tf_record|TFRecord|pywrap_tensorflow|label_map_util|config_util"
            ),
        ),
    ),
    Saying(
        r"'utf-?8' codec can't decode byte 0x(?P<byte>[89a-f*][0-9a-f*])(?: in position (?P<at>\d+))?",
        "most likely a path is missing or a folder, and the system's message about it is not UTF-8",
        certainty="possible",
        unless=(r"in position 0: invalid start byte",),
    ),
)
