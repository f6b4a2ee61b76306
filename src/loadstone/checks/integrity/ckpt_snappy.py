"""The index of a checkpoint is packed with Snappy, which the reading program does not know.

What is seen

    `corrupted compressed block contents`, `It's likely that your checkpoint file has been compressed with
    SNAPPY`.

Why

    TensorFlow writes its index unpacked; other writers of LevelDB tables pack it, and some builds of TensorFlow
    were made without Snappy. The same message comes where a block is damaged.

Remedy

    Rewrite the checkpoint with a program that reads it, or read it with Loadstone, which knows Snappy.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "ckpt-snappy",
    "warning",
    help="rewrite the checkpoint with a program that reads it: loadstone inspect CKPT --save-weights OUT.safetensors",
)

TEXTS = (
    Saying(
        r"checkpoint file has been compressed with SNAPPY|corrupted compressed block contents"
        r"|(?i:snappy)[^\n]{0,40} not (?:supported|available)",
        "blocks of the checkpoint's table are packed with Snappy, which this build does not know, or are damaged",
    ),
)
