"""A Keras 2 model names an argument, a class or a shape in a way that Keras 3 does not take.

What is seen

    `Unrecognized keyword arguments passed to GRU: {'time_major': False}`, `pop expected at most 1 argument, got
    2`, `expected ndim=3, found ndim=4`, `Could not locate class 'LSTM'` for the layer inside a wrapper.

Why

    Keras 3 dropped arguments (`time_major`, `implementation` of most layers, `fused`), classes (`CuDNNLSTM`,
    `SyncBatchNormalization`) and old ways of writing (a Sequential model as a bare list, the input's shape in
    its first layer, wrapped layers without a module).

Remedy

    `loadstone fix FILE` rewrites each of these where what it says is what Keras 3 does anyway, and says which
    it could not.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views import keras_refused
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "keras2-h5-in-keras3-layer-args",
    "error",
    help="loadstone fix FILE   rewrites the configuration; weights stay as they are",
    repair="keras-dialect",
    reference="https://github.com/keras-team/keras/issues/20750",
)

TEXTS = (
    Saying(
        r"cannot contain character `/`\. Received: name=(?P<name>[^\s,)]+)",
        "the file names a layer {name}, and Keras 3 takes no slash in a name",
    ),
    Saying(
        r"should have unique names\. Name '(?P<name>[^']+)' is already the name of a layer",
        "the file has the name {name} more than once, as old Keras let one layer be added twice",
        needs=(r"(?i)load_model|from_config|deserial|saving",),
        certainty="likely",
    ),
    Saying(
        r"expected ndim=\d, found ndim=\d\. Full shape received: \(None, None, [^)]*\)",
        "the input has one axis too many: Keras 3 takes the batch that a Keras 2 file states for an axis of the input",
        certainty="likely",
    ),
    Saying(
        r"Cannot convert '\(\((?:None|\d+), [^)]*\), \d+\)' to a shape",
        "a model inside a Sequential one gives a list of one, as Keras 2 wrote it, where Keras 3 wants a tensor",
        certainty="likely",
    ),
    Saying(
        (
            r"class 'BatchNormalization'[\s\S]{0,1500}int\(\) argument must be a string, a bytes-like object or a "
            r"(?:real )?number, not '(?:list|ListWrapper)'"
        ),
        "the file gives BatchNormalization its axis as a list, as Keras 2 wrote it",
    ),
    Saying(
        (
            r"rror when deserializing class '(?P<layer>\w+)' using config=[^\n]*"
            r"'(?P<key>time_major|batch_input_shape|fused|virtual_batch_size|align_corners)': "
        ),
        "the file gives {layer} `{key}`, which Keras 3 does not take",
        certainty="likely",
        unless=(r"Exception encountered:",),
    ),
    Saying(
        r"TypeError: pop expected at most 1 argument, got 2",
        "the Sequential model's configuration is a bare list of layers, as Keras before 2.2.3 wrote it",
        needs=(r"keras[/\\]src|model_from_config|functional|saving_utils|^TypeError",),
        certainty="likely",
    ),
    Saying(
        r"Could not locate class '(?P<layer>LSTM|GRU|SimpleRNN|Dense|Conv[123]D|LSTMCell|GRUCell)'",
        "a wrapper of a Keras 2 model holds a {layer} without its module, by which alone Keras 3 finds it",
        certainty="likely",
    ),
    Saying(
        (
            r"(?:deprecated|obsolete|unknown|legacy)[^\n]{0,60}`?(?P<key>time_major|batch_input_shape)`?"
            r"|`?(?P<second>time_major)`? argument"
        ),
        "a Keras 2 model names an argument that Keras 3 has no more",
        certainty="likely",
        unless=(r"Unrecognized keyword arguments passed to",),
    ),
    Saying(
        r"(?i)keras 2\.\d[\d.]*\s*(?:h5|hdf5|model)[^\n]{0,60}(?:LSTM|GRU)[^\n]{0,40}fails? in Keras 3",
        "a recurrent layer of Keras 2 names arguments that Keras 3 has no more",
        certainty="possible",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield the refusals in a message that are of this kind."""
    yield from keras_refused.told(FAULT, text, "keras2", but=("DepthwiseConv", "SeparableConv"))
