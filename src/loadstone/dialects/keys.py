"""Keys of a configuration that the target does not know: dropped where their value says nothing, named where it does.

The tables say which constructor takes what (`arguments`); here stands which values of the others mean "as ever".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loadstone.dialects.arguments import accepted3, since3
from loadstone.dialects.ledger import GONE, Ledger
from loadstone.dialects.target import parsed
from loadstone.dialects.tree import Config

NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "groups": (1,), "time_major": (False,), "filters": (None,), "kernel_size_2d": (None,), "mode": (0,),
    "renorm": (False,), "virtual_batch_size": (None,), "adjustment": (None,), "align_corners": (False,),
    "sparse": (False, None), "ragged": (False, None), "optional": (False,), "input_axes": (None,),
    "output_axes": (None,), "quantization_config": (None,), "output_padding": (None,), "use_gate": (False,),
    "sliding_window": (None,), "flash_attention": (None, False), "lora_rank": (None,), "lora_alpha": (None,),
    "rms_scaling": (False,), "antialias": (False,), "pad_to_aspect_ratio": (False,), "zero_output_for_mask": (False,),
    "use_cudnn": ("auto", True, False), "synchronized": (False,), "weights": (None,), "unroll": (False,),
    "crop_to_aspect_ratio": (False,), "activity_regularizer": (None,), "stateful": (False,), "type_spec": (None,),
    "input_tensor": (None,), "partitioner": (None,), "gptq_unpacked_column_size": (None,), "salt": (None,),
    "oov_method": ("farmhash", None), "data_format": ("channels_last", None), "reset_after": (True,),
    "mask_value": (None,), "softmax_robust_masking": (False,),
    "expects_training_arg": (True, False), "cpu_merge": (True, False),
}  # fmt: skip
"""Key → the values with which it can go, since the class does just that without it."""

IDLE: frozenset[str] = frozenset(
    {
        "fused", "implementation", "dynamic", "force_generator", "rng_type", "renorm_clipping", "renorm_momentum",
        "input_dtype", "batch_size", "seed", "noise_shape", "bounding_box_format", "input_length", "conv_op",
        "parallel_iterations", "dtype", "stddev_dtype", "batch_input_shape", "input_shape", "input_dim",
        "query_shape", "key_shape", "value_shape",
        "trainable",
    }
)  # fmt: skip
"""Keys that change no result of the finished model, whatever they say."""

OF_CLASS: Mapping[tuple[str, str], tuple[Any, ...]] = {
    ("Resizing", "fill_mode"): ("constant",),
    ("Resizing", "fill_value"): (0, 0.0),
    ("Resizing", "factor"): (None,),
    ("RandomContrast", "value_range"): ([0, 255],),
}
ANY_OF_CLASS = frozenset(
    {
        (class_name, key)
        for class_name in ("SeparableConv1D", "SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D")
        for key in ("kernel_initializer", "kernel_regularizer", "kernel_constraint")
    }
)
"""Keras 2 wrote these of the class that it derived from; a separable or depthwise layer never used them."""

_SEPARABLE = ("SeparableConv1D", "SeparableConv2D")


def drop_unknown(layer: Config, config: Config, ledger: Ledger, *, group: str = "layers", where: str = "") -> None:
    """Drop the keys that Keras 3 refuses for a class from `config`, or note those that cannot go."""
    class_name = str(layer["class_name"]).rpartition(">")[2]
    accepted = accepted3(group, class_name, ledger.target.version)
    if accepted is None:
        return
    for key in [key for key in config if key not in accepted]:
        value = config[key]
        if _forgiven(key, ledger, group, "module" in layer) or (group != "layers" and key == "name"):
            continue
        fault = fault_of(class_name, ledger)
        if says_nothing(class_name, key, value):
            del config[key]
            ledger.change(fault, where, key, value, GONE, reason=_reason(group, class_name, key, ledger))
        else:
            ledger.obstacle(fault, where, key, value, _needed(group, class_name, key, ledger))


def _forgiven(key: str, ledger: Ledger, group: str, in_new_style: bool) -> bool:
    """Return whether Keras 3's reader of old HDF5 takes care of a key itself."""
    return group == "layers" and ledger.container != "archive" and not in_new_style and key == "batch_input_shape"


def says_nothing(class_name: str, key: str, value: Any) -> bool:
    """Return whether a key with this value can go without changing what the finished model computes."""
    if key in IDLE or (class_name, key) in ANY_OF_CLASS or class_name.startswith("Random"):
        return True
    known = (*NEUTRAL.get(key, ()), *OF_CLASS.get((class_name, key), ()))
    return any(value == item and type(value) is type(item) for item in known)


def fault_of(class_name: str, ledger: Ledger) -> str:
    """Return the name of the fault that a refused key is, by the class and by who wrote it."""
    wrote = parsed(ledger.source)
    if wrote[:1] == (1,):
        return "keras1-file-in-keras3"
    if wrote >= (3,):
        newer = wrote > ledger.target.version
        return "keras3-file-in-older-keras3" if newer else "older-keras3-file-in-newer-keras3"
    if ledger.container == "archive":
        return "keras2-v3zip-in-keras3"
    if class_name in _SEPARABLE:
        return "keras2-h5-in-keras3-sepconv-kwargs"
    if class_name.startswith("DepthwiseConv"):
        return "keras2-h5-in-keras3-dwconv-groups"
    return "keras2-h5-in-keras3-layer-args"


def _reason(group: str, class_name: str, key: str, ledger: Ledger) -> str:
    since = since3(group, class_name, key)
    if since:
        return f"{class_name} takes `{key}` from Keras {since} on; it holds its default"
    return f"{ledger.target.named} has no `{key}` for {class_name}, and does without it what this value asks for"


def _needed(group: str, class_name: str, key: str, ledger: Ledger) -> str:
    since = since3(group, class_name, key)
    return f"Keras {since} or newer" if since else f"a Keras whose {class_name} has `{key}`"
