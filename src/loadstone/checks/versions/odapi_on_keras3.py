"""The Object Detection API runs on Keras 3, for which it was never written.

What is seen

    `AttributeError: module 'keras._tf_keras.keras.layers' has no attribute 'experimental'`, from
    `freezable_sync_batch_norm.py`; or `A KerasTensor cannot be used as input to a TensorFlow function` from its models.

Why

    From TensorFlow 2.16 on `tf.keras` is Keras 3. The Object Detection API uses Keras 2's interface throughout and is
    no longer maintained.

Remedy

    Install `tf_keras` of TensorFlow's own number and set `TF_USE_LEGACY_KERAS=1` before TensorFlow is imported, or use
    TensorFlow 2.15 or older. To run a detector neither is needed: `loadstone detect` opens its exports and its
    checkpoints.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "odapi-on-keras3",
    "error",
    help="python -m pip install tf_keras, and export TF_USE_LEGACY_KERAS=1 before Python starts; or tensorflow==2.15",
    reference="https://keras.io/getting_started/#tensorflow--keras-2-backwards-compatibility",
)

_ODAPI = (
    r"object_detection|(?i:freezable)|model_main_tf2|exporter_main_v2|model_lib_v2|official[./\\]|tf_slim|"
    r"tf[-_]models|[Oo]bject [Dd]etection API"
)

TEXTS = (
    Saying(
        r"module '(?P<module>keras\._tf_keras\.keras\.layers|tensorflow\.keras\.layers|keras\.layers|"
        r"keras\.api[\w.]*\.layers(?:\.experimental)?)' has no attribute "
        r"'(?P<name>experimental|SyncBatchNormalization)'",
        "{module} has no {name}: tf.keras is Keras 3 here, and the code is for Keras 2",
        certainty="likely",
    ),
    Saying(
        r"module '(?P<module>keras[\w.]*|tensorflow\.keras[\w.]*)' has no attribute '(?P<name>\w+)'",
        "{module} has no {name}: tf.keras is Keras 3 here, and the Object Detection API is for Keras 2",
        certainty="likely",
        needs=(_ODAPI, r"_tf_keras|keras[./\\]src|[Kk]eras 3|TF (?:>= )?2\.1[6-9]"),
    ),
    Saying(
        r"A KerasTensor (?:cannot be used as input to a TensorFlow function|is symbolic)|"
        r"`?keras\.optimizers\.legacy`? is not supported in Keras 3|"
        r"KerasTensor[^\n]{0,80}(?:tf\.function|convert_to_tensor)|"
        r"Only input tensors may be passed as positional arguments",
        "a part of the Object Detection API gives Keras 3 what only Keras 2 takes",
        certainty="likely",
        needs=(_ODAPI,),
    ),
    Saying(
        r"cannot import name '(?P<name>\w+)' from '(?P<module>(?:tensorflow\.python\.|tensorflow\.)?keras[\w.]*)'",
        "{module} has no {name}: the Object Detection API is for Keras 2",
        certainty="likely",
        needs=(r"object_detection|official[./\\]",),
    ),
    Saying(
        r"No module named '(?P<module>(?:tensorflow\.)?keras(?:\.\w+)*\.layers\.experimental)'",
        "{module} is gone from Keras 3, and the Object Detection API is for Keras 2",
        certainty="likely",
        needs=(r"object_detection|official[./\\]",),
    ),
)

PACKAGES = ("object-detection", "tf-models-official", "tf-models-research-object-detection")


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield an info where the API is installed in an environment whose tf.keras is Keras 3."""
    here = subject.environment
    installed = [name for name in PACKAGES if name in here.packages]
    legacy = here.variables.get("TF_USE_LEGACY_KERAS", "").lower() in ("1", "true")
    tensorflow, keras = here.version("tensorflow") or (0,), here.version("keras") or (0,)
    if not installed or legacy or tensorflow < (2, 16) or keras < (3,) or not subject.top:
        return
    yield FAULT.finding(
        f"{installed[0]} is installed beside TensorFlow {here.packages['tensorflow']}, whose tf.keras is Keras 3",
        Evidence(here.name, f"keras {here.packages['keras']}", "TF_USE_LEGACY_KERAS=1 and tf_keras"),
        severity="info",
    )
