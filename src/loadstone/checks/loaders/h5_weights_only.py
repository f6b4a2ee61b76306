"""An HDF5 file holds weights and no model.

What is seen

    `ValueError: No model found in config file`, `No model config found in the file at …`, `Cannot create group in
    read only mode`.

Why

    `save_weights`, a callback with `save_weights_only=True`, or a model that Keras cannot describe (subclassed,
    so that the callback falls back) writes the arrays alone. The layers are nowhere in the file.

Remedy

    Build the same model in code, then `model.load_weights(FILE)`; where its JSON lies beside it,
    `keras.models.model_from_json` builds it.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying, filled
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "h5-weights-only",
    "warning",
    help="build the same model in code, then model.load_weights(FILE)",
    repair="keras-config-join",
)

TEXTS = (
    Saying(
        (
            r"No model found in config file"
            r"|No model config found in the file at (?P<path>[^\n]*)"
        ),
        "the HDF5 file holds weights and no model's configuration",
    ),
    Saying(
        r"Cannot create group in read[- ]only mode",
        ("the HDF5 file holds no model's configuration (or was opened for writing by mistake)"),
        certainty="possible",
    ),
    Saying(
        r"can't locate attribute: 'model_config'",
        "the HDF5 file holds weights and no model's configuration",
    ),
    Saying(
        r"'NoneType' object has no attribute 'decode'",
        "the HDF5 file has no attribute model_config: it holds weights and no model's configuration",
        certainty="likely",
        needs=(r"model_config|load_model|saving\.py|hdf5_format",),
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what would build the layers: a configuration beside the weights, or the layers' names."""
    model, candidate = subject.model, subject.candidate
    if model is None or candidate is None:
        return
    named_so = subject.path.name.endswith(".weights.h5")
    beside = sorted(
        name.rpartition("/")[2]
        for name in candidate.tree.listing(candidate.folder)
        if name.endswith((".json", ".yaml", ".yml"))
    )
    names = list(dict.fromkeys(_layer(spec.name) for spec in model.tensors.specs))
    fact = (
        f"{subject.path.name} holds the weights of {len(names):,} "
        f"layer{'s' if len(names) != 1 else ''} and no configuration: load_model cannot read it"
    )
    built = f"build it from {beside[0]}" if beside else "build the same model in code"
    help_ = filled(f"{built}, then model.load_weights(FILE)", subject.argument)
    place = Evidence(
        subject.source, f"layers {', '.join(names[:4])}{', …' if len(names) > 4 else ''}", "the attribute model_config"
    )
    mended = any(name.endswith(".json") for name in beside)
    yield FAULT.finding(fact, place, help=help_, severity="info" if named_so else None, mended=mended)


def _layer(name: str) -> str:
    """Return the layer that a tensor belongs to: Keras 3 puts all of them below `layers`."""
    parts = name.split("/")
    return parts[1] if parts[0] in ("layers", "_layer_checkpoint_dependencies") and len(parts) > 2 else parts[0]
