"""An error text with another person's names, paths and numbers: what is the library's own wording stays.

Used to show that no text is recognised by a word that only one person's model has. What is exchanged: folders and file
names, projects, hosts, layers, scopes, custom classes, line numbers, times, addresses, shapes, counts, checksums,
offsets. What is kept is what decides: error numbers, suffixes, names of a library's own classes, files and scopes,
which numbers are equal or larger, small dimensions (1 to 4), and the ratios of shapes.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from google_crc32c import value as crc32c

KEPT_WORDS = """
home Users root usr lib bin local opt conda content kaggle tmp var site-packages dist-packages Lib mnt media data
models research object_detection nets slim deployment protos utils core builders meta_architectures mobilenet
saved_model saved_model.pb saved_model.pbtxt variables checkpoint frozen_inference_graph.pb pipeline.config
label_map.pbtxt tfhub_modules keras tensorflow tensorflow_core python google protobuf numpy h5py client framework
errors_impl engine saving legacy src model weights biases kernel bias beta gamma moving_mean moving_variance
BatchNorm FeatureExtractor FirstStageFeatureExtractor SecondStageBoxPredictor FirstStageBoxPredictor
BoxEncodingPredictor ClassPredictor BoxPredictor MobilenetV1 MobilenetV2 InceptionV2 ExponentialMovingAverage
act_quant max min save RestoreV2 Assign Conv Conv2D Const tensor_names shape_and_slices pointwise_kernel Functional
Model Sequential TFOpLambda SlicingOpLambda KerasLayer Lambda Custom Adam lambda eval_util.py model_builder.py
train.py model_main.py model_main_tf2.py exporter_main_v2.py export_inference_graph.py data_decoders
tf_example_decoder.py freezable_sync_batch_norm.py model_lib_v2.py label_map_util.py pwd sudo bottleneck_v2
mrcnn_bbox_fc mrcnn_class_logits stem_conv conv2d conv2d_transpose dense lstm_cell gru_cell job localhost replica
task device physical_device BiasAdd save_1 urllib request.py CPU GPU cpu gpu all resnet_v1 resnet_v2 api download v1
releases github.com storage.googleapis.com www.kaggle.com download.tensorflow.org config.json Conv1
your_tensorflow_model.tar.gz
"""
KEPT = frozenset(KEPT_WORDS.split())
"""Words of the libraries themselves, of file systems, and of hosts whose moves are known."""

_KEPT_FORMS = re.compile(
    r"python[\d.]*|Python\d*|\d+|\.{1,3}|[a-z]:|[A-Z]:|~|.*_pb2(?:\.py)?|BoxPredictor_\d+|\.keras|.*\.cc|.*\.so[.\d]*|"
    r"lib(?:cudnn|cudart|cublas|cuda|cusolver|nv).*|layer_\d.*|<.*|-?",
    re.DOTALL,
)
_SUFFIX = re.compile(r"(?:\.data(?:-\d{5}-of-\d{5})?|\.index|\.meta|\.tar\.gz|\.tgz|(?:\.[A-Za-z][\w]{0,8})+|:0)+$")
_LIBRARY = re.compile(
    r"(?:site|dist)-packages|^(?:tensorflow|keras|numpy|google|urllib|object_detection|tf_keras)[./\\]"
)
_PATH = re.compile(
    r"""(?<![\w<{%])(?:[A-Za-z]:[\\/]|~?[\\/]|\.{1,3}[\\/]|https?://)?[\w.+-]+(?:[\\/][\w.+-]+)*[\\/]?"""
)
_PROSE = re.compile(r"[A-Za-z][a-z]*/[a-z]+")
"""`incompatible/unknown` is no path."""
_SLOTS = (
    r"(?:Unknown (?:layer|optimizer|(?:loss|metric|activation)(?: function)?)[:'\", (]+)(?P<it>\w+)",
    r"Could not (?:locate|find) class '(?P<it>\w+)'",
    r"(?:(?<!field )named |layer |Layer |package=|custom_objects=\{|'name': |__init__ of |class )['\"](?P<it>\w+)['\"]",
    r"\(named (?P<it>\w+)\)",
    r"Error when deserializing class '(?P<it>\w+)'",
    r"passed to (?P<it>\w+): ",
    r"named (?P<it>\w+) in the current",
    r"current model, (?P<it>\w+) in",
    r"correspond to layer (?P<it>\w+) in|new layer (?P<that>\w+) expects",
    r"not registered '(?P<it>\w+)' in",
)


def other_words(text: str, seed: int = 1) -> str:
    """Return the text as another person would have met it; the same seed gives the same text."""
    words = _Words(seed)
    for exchange in (_numbers, _slots, _paths):
        text = exchange(text, words)
    return text


class _Words:
    """A dictionary of made-up words that is asked for the same word always for the same answer."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.known: dict[str, str] = {}

    def word(self, old: str) -> str:
        """Return another word of the same build: its capitals, underscores and digits stay where they are."""
        if old not in self.known:
            source = random.Random(f"{self.seed} {old.rstrip('0123456789')}")
            self.known[old] = made = re.sub(r"[A-Za-z]+", lambda part: _syllables(part[0], source), old)
            self.known[made] = made
        return self.known[old]

    def number(self, old: int, low: int, high: int) -> int:
        """Return a number between two bounds."""
        return random.Random(f"{self.seed} {old} {low}").randint(low, high)


def _syllables(old: str, source: random.Random) -> str:
    made = "".join(source.choice("bdfgklmnprstvz") + source.choice("aeiou") for _ in range(len(old)))[
        : max(3, len(old))
    ]
    return "".join(
        new.upper() if position < len(old) and old[position].isupper() else new for position, new in enumerate(made)
    )


def _slots(text: str, words: _Words) -> str:
    from loadstone.formats.keras.keras_classes import LAYERS

    for slot in _SLOTS:
        for found in list(re.finditer(slot, text)):
            old = next(value for value in found.groupdict().values() if value)
            if (
                old not in KEPT
                and old not in LAYERS
                and not re.fullmatch(r"(?:conv2d|dense|\w+_transpose)(?:_\d+)?", old)
            ):
                text = re.sub(rf"(?<![\w/]){re.escape(old)}(?!\w)", words.word(old), text)
    return text


def _paths(text: str, words: _Words) -> str:
    def exchange(found: re.Match[str]) -> str:
        path = found[0]
        if not re.search(r"[\\/]", path) and not re.search(
            r"\w\.(?:h5|keras|pb|pbtxt|config|ckpt|npz|zip|json|py)$", path
        ):
            return path
        if (
            _LIBRARY.search(path)
            or path.startswith(("I/O", "TensorFlow/", "and/", "TF/", "tf/"))
            or path == "/"
            or _PROSE.fullmatch(path)
        ):
            return path
        return re.sub(r"[^\\/]+", lambda part: _component(part[0], words), path)

    return _PATH.sub(exchange, text)


def _component(part: str, words: _Words) -> str:
    if part in KEPT or _KEPT_FORMS.fullmatch(part) or part.endswith(":"):
        return part
    suffix = _SUFFIX.search(part)
    stem, ending = (part[: suffix.start()], suffix[0]) if suffix and suffix.start() else (part, "")
    return ("" if not stem else stem if stem in KEPT else words.word(stem)) + ending


def _numbers(text: str, words: _Words) -> str:
    def sub(pattern: str, make: Callable[[re.Match[str]], str]) -> None:
        nonlocal text
        text = re.sub(pattern, make, text)

    step = 2 + words.seed % 2
    sub(r"0x[0-9a-fA-F]{6,}", lambda found: f"0x{words.number(int(found[0], 16), 1 << 32, 1 << 40):016x}")
    sub(
        r"\b[0-9a-f]{12,64}\b",
        lambda found: f"{words.number(int(found[0], 16), 0, 16 ** len(found[0]) - 1):0{len(found[0])}x}",
    )
    sub(r"\b20\d\d-\d\d-\d\d[ @]\d\d:\d\d:\d\d(\.\d+)?", lambda found: f"2023-0{step}-17 04:1{step}:59.{step}00123")
    sub(r"(?<=stored )\d{5,}(?= vs)", lambda found: str(words.number(int(found[0]), 10**8, 4 * 10**9)))
    sub(r"(?<=restored bytes )\d{5,}", lambda found: _checksum(int(found[0]), words))
    sub(r"(?<=eof = )\d+|(?<=eoa = )\d+", lambda found: str(int(found[0]) * step))
    sub(r"(?<=, line )\d+|(?<=\.py:)\d+|(?<=\.cc:)\d+", lambda found: str(words.number(int(found[0]), 5, 900)))
    sub(r"\b(?!1:1\b)\d{1,3}:\d{1,2}(?= ?: )", lambda found: f"{words.number(1, 20, 300)}:{words.number(2, 3, 30)}")
    sub(r"(?<=byte 0x)[0-9a-f]{2}(?= in position)", lambda found: f"{words.number(int(found[0], 16), 0xB0, 0xFD):02x}")
    sub(r"(?<=in position )\d+(?=:)", lambda found: str(words.number(int(found[0]), 3, 200)))
    sub(r"(?<=#)\d+", lambda found: str(words.number(int(found[0]), 1, 300)))
    sub(r"(?<=containing )\d+(?= layers)|(?<=model with )\d+(?= layers)", lambda found: str(int(found[0]) * step + 1))
    sub(
        r"(?<=_)(?!20\d\d_|(?<=_20\d\d_)|(?<=_20\d\d_\d\d_))\d{2,}(?=\b|/|_)",
        lambda found: str(words.number(int(found[0]), 10, 400)),
    )
    sub(r"(?<=[\[(])(?:\d+|None)(?:, ?\d+)+(?=,?[\])])|(?<=\[)\d+(?=\])", lambda found: _shape(found[0], step))
    sub(r"(?<=library: )\d\.\d\.\d|(?<=compiled with: )\d\.\d\.\d", lambda found: _later(found[0], step))
    return text


def _checksum(old: int, words: _Words) -> str:
    """Return another checksum; for one of a run of zeros that of a longer run."""
    for power in range(8, 22):
        if crc32c(bytes(1 << power)) == old:
            return str(crc32c(bytes((1 << power) * (3 + words.seed))))
    return str(words.number(old, 10**8, 4 * 10**9))


def _shape(shape: str, step: int) -> str:
    """Return a shape with every dimension above 4 multiplied: what fitted as a multiple fits still."""
    return re.sub(r"\d+", lambda found: found[0] if int(found[0]) <= 4 else str(int(found[0]) * step), shape)


def _later(version: str, step: int) -> str:
    major, minor, patch = version.split(".")
    return f"{major}.{minor}.{int(patch) + step}"
