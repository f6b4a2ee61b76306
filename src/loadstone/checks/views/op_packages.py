"""Which package registers an operation that TensorFlow itself does not have, by the operation's name."""

from __future__ import annotations

_PACKAGES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        (
            "Sentencepiece", "Wordpiece", "RegexSplit", "NormalizeUTF8", "CaseFoldUTF8", "UnicodeScript", "SplitMerge",
            "ConstrainedSequence", "Whitespace", "TFText>", "FastWordpiece", "FastBert", "RougeL", "MstMax",
            "SentenceFragment", "PhraseTokenize", "ByteSplit", "Utf8Binarize", "MaxSpanningTree", "NgramsString",
        ),
        "tensorflow-text",
    ),
    (("Addons>", "CorrelationCost", "EuclideanDistanceTransform", "AdjustHsvInYiq"), "tensorflow-addons"),
    (("SimpleML",), "tensorflow-decision-forests"),
    (("BoostedTreesTraining", "TensorForest", "DecodeLibsvm", "Resampler"), "tensorflow 1.x (tf.contrib)"),
    (("IO>", "KafkaDataset", "AudioReadable", "ArrowDataset"), "tensorflow-io"),
    (("TRTEngineOp", "CreateTRT", "GetCalibrationDataOp"), "tensorflow built with TensorRT"),
    (("Horovod",), "horovod"),
    (("_Mkl",), "tensorflow built with oneDNN"),
    (("Tfq",), "tensorflow-quantum"),
    (("Scann>",), "scann"),
    (("Lingvo", "GenericInput", "BestStep", "AsciiToTokenId"), "lingvo"),
    (("GatherTree",), "tensorflow-addons"),
)  # fmt: skip
"""Beginnings of operations' names → the package that registers them, as `pip` calls it."""


def package_of(operation: str) -> str:
    """Return the package that registers an operation; empty where that is not known."""
    return next((package for starts, package in _PACKAGES if operation.startswith(starts)), "")
