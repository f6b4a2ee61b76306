"""`loadstone inspect` on a terminal: one screen of facts, the most asked-for first.

Plain lines of label and value, so that `grep` and `awk` work on them; the signature block follows the text of
`saved_model_cli show --all`, because people's scripts parse that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from loadstone.facts import FileFact, LayerFact, ModelFile, Signature, TensorSpec, Verification

LABEL_WIDTH = 11
MANY = 12
"""A list longer than this is cut, with a count of what is left; --json and the long options show all of it."""


def inspect_text(
    model: ModelFile,
    *,
    variables: bool = False,
    ops: bool = False,
    signatures: bool = False,
    verification: Verification | None = None,
) -> str:
    """Return the report of one model as text, without a final newline."""
    lines = list(_head(model))
    lines += _rows("files", _files(model.files))
    lines += _rows("made by", _producer(model))
    lines += _rows("input", map(shown_tensor, _cut(model.inputs)))
    lines += _rows("output", map(shown_tensor, _cut(model.outputs)))
    lines += _rows("detector", _detector(model))
    lines += _rows("tensors", _tensors(model))
    lines += _rows("records", _records(model))
    lines += _rows("layers", _layers(model.layers))
    lines += _rows("ops", _ops(model))
    lines += _rows("custom", _listed(model.custom))
    lines += _rows("labels", _labels(model))
    lines += _rows("checksums", _verification(verification))
    lines += _rows("note", model.notes)
    lines += _rows("also", _parts(model.parts))
    if signatures:
        lines += _signatures(model.signatures)
    if variables:
        lines += ["", *_table(model)]
    if ops:
        lines += ["", *(f"{count:>8,}  {name}" for name, count in sorted(model.ops.items()))]
    return "\n".join(lines)


def _head(model: ModelFile) -> Iterator[str]:
    state = "" if model.complete else "   INCOMPLETE"
    yield f"{model.source}   {model.format}{state}"


def _rows(label: str, values: Iterable[str]) -> Iterator[str]:
    """Label the first line only; the rest are set under it."""
    for number, value in enumerate(values):
        yield f"  {label if number == 0 else '':<{LABEL_WIDTH}}{value}"


def _cut(values: tuple[TensorSpec, ...]) -> tuple[TensorSpec, ...]:
    return values[:MANY]


def _files(files: tuple[FileFact, ...]) -> Iterator[str]:
    wrong = [file for file in files if file.state != "present"]
    for file in wrong:
        yield f"{file.path}  {file.state}{_short(file)}"
    present = [file for file in files if file.state == "present"]
    for file in present[:MANY]:
        yield f"{file.path}  {_bytes(file.size or 0)}"
    if len(present) > MANY:
        yield f"… and {len(present) - MANY} more"


def _short(file: FileFact) -> str:
    if file.state == "lfs-pointer" and file.expected is not None:
        return f": {_bytes(file.size or 0)} stand in for {_bytes(file.expected)}"
    if file.expected is None or not file.bytes_short:
        return ""
    if file.state == "missing":
        return f": {_bytes(file.expected)}"
    return f": {_bytes(file.bytes_short or 0)} short of {_bytes(file.expected)}"


def _bytes(count: int) -> str:
    return f"{count:,} bytes" if count != 1 else "1 byte"


def _producer(model: ModelFile) -> Iterator[str]:
    if model.producer:
        yield ", ".join(f"{name} {value}" for name, value in model.producer.items())


def shown_shape(shape: tuple[int | None, ...] | None) -> str:
    """Return a shape as people write it: `(?, 300, 300, 3)`, or `unknown rank`."""
    if shape is None:
        return "unknown rank"
    inner = ", ".join("?" if side is None else str(side) for side in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def shown_tensor(spec: TensorSpec) -> str:
    """Return one input or output in a line."""
    inside = f"   {spec.tensor_name}" if spec.tensor_name and spec.tensor_name != spec.name else ""
    return f"{spec.name}  {spec.dtype or 'unknown type,'} {shown_shape(spec.shape)}{inside}"


def _detector(model: ModelFile) -> Iterator[str]:
    detector = model.detector
    if detector is None:
        return
    parts = [detector.meta_architecture or "unknown meta-architecture"]
    if detector.feature_extractor:
        parts.append(detector.feature_extractor)
    if detector.num_classes is not None:
        parts.append(f"{detector.num_classes} class{'' if detector.num_classes == 1 else 'es'}")
    if detector.input_size:
        parts.append(f"input {detector.input_size[0]}×{detector.input_size[1]}")
    yield " · ".join(parts)


def _tensors(model: ModelFile) -> Iterator[str]:
    if not model.tensors:
        return
    roles = Counter(spec.role for spec in model.tensors.specs if spec.role != "weight")
    rest = "".join(f", {count} {role}" for role, count in sorted(roles.items()))
    yield f"{len(model.tensors):,}{rest}; {model.parameters:,} parameters, {_bytes(model.tensors.nbytes)}"


def _records(model: ModelFile) -> Iterator[str]:
    """Show what a TFRecord's examples hold, as its first record says."""
    if model.format != "tfrecord":
        return
    kind = model.details.get("message")
    yield f"{model.details.get('records', 0):,}" + (f" of {kind}" if kind else "")
    features = model.details.get("features", {})
    for name, feature in list(features.items())[:MANY]:
        yield f"{name}  {feature.get('kind')}, {feature.get('count')} in the first"
    if len(features) > MANY:
        yield f"… and {len(features) - MANY:,} more features"


def _walk(layers: tuple[LayerFact, ...]) -> Iterator[LayerFact]:
    for layer in layers:
        yield layer
        yield from _walk(layer.inner)


def _layers(layers: tuple[LayerFact, ...]) -> Iterator[str]:
    counts = Counter(layer.class_name for layer in _walk(layers))
    if counts:
        yield f"{sum(counts.values())}: " + _counted(counts)


def _ops(model: ModelFile) -> Iterator[str]:
    if model.ops:
        yield f"{sum(model.ops.values()):,} of {len(model.ops)} kinds: " + _counted(Counter(model.ops))


def _counted(counts: Counter[str]) -> str:
    text = ", ".join(f"{name} {count:,}" for name, count in counts.most_common(MANY))
    return text + (f", … {len(counts) - MANY} more kinds" if len(counts) > MANY else "")


def _listed(names: tuple[str, ...]) -> Iterator[str]:
    if names:
        more = f", … {len(names) - MANY} more" if len(names) > MANY else ""
        yield ", ".join(names[:MANY]) + more


def _labels(model: ModelFile) -> Iterator[str]:
    if model.labels:
        shown = ", ".join(f"{number} {name}" for number, name in list(model.labels.items())[:MANY])
        yield f"{len(model.labels)}: {shown}" + (" …" if len(model.labels) > MANY else "")


def _verification(verification: Verification | None) -> Iterator[str]:
    if verification is None:
        return
    if not (verification.checked or verification.failures):
        yield "none: the file carries none for its tensors"
    elif verification.checked:
        rest = f"; {verification.unprotected} tensors carry none" if verification.unprotected else ""
        yield f"{verification.checked} hold ({_bytes(verification.nbytes)}){rest}"
    yield from _failures(verification)


def _failures(verification: Verification) -> Iterator[str]:
    """Say each reason once: one wrong checksum may cover many tensors."""
    by_reason: dict[str, list[str]] = {}
    for failure in verification.failures:
        by_reason.setdefault(failure.reason, []).append(failure.name)
    for reason, names in list(by_reason.items())[:MANY]:
        more = f" and {len(names) - 1:,} more tensor{'s' if len(names) > 2 else ''}" if len(names) > 1 else ""
        yield f"WRONG  {names[0]}{more}: {reason}"
    if len(by_reason) > MANY:
        yield f"… and {len(by_reason) - MANY:,} more that fail"


def _parts(parts: tuple[ModelFile, ...]) -> Iterator[str]:
    for part in parts[:MANY]:
        yield f"{part.source}  {part.format}" + ("" if part.complete else ", incomplete")
    if len(parts) > MANY:
        yield f"… and {len(parts) - MANY:,} more"


def _table(model: ModelFile) -> Iterator[str]:
    specs = model.tensors.specs
    width = min(100, max((len(spec.name) for spec in specs), default=0))
    for spec in specs:
        role = "" if spec.role == "weight" else f"  {spec.role}"
        yield f"{spec.name:<{width}}  {spec.dtype:<8} {shown_shape(spec.shape)}{role}"


def _signatures(signatures: tuple[Signature, ...]) -> Iterator[str]:
    tags: tuple[str, ...] | None = None
    for signature in signatures:
        if signature.tags != tags:
            tags = signature.tags
            yield f"\nMetaGraphDef with tag-set: '{', '.join(tags)}' contains the following SignatureDefs:"
        yield f"\nsignature_def['{signature.name}']:"
        yield "  The given SavedModel SignatureDef contains the following input(s):"
        for spec in signature.inputs:
            yield from _port("inputs", spec)
        yield "  The given SavedModel SignatureDef contains the following output(s):"
        for spec in signature.outputs:
            yield from _port("outputs", spec)
        yield f"  Method name is: {signature.method}"


def _port(side: str, spec: TensorSpec) -> Iterator[str]:
    shape = "unknown_rank" if spec.shape is None else _cli_shape(spec.shape)
    yield f"    {side}['{spec.name}'] tensor_info:"
    yield f"        dtype: {_CLI_TYPES.get(spec.dtype, f'DT_{spec.dtype.upper()}')}"
    yield f"        shape: {shape}"
    yield f"        name: {spec.tensor_name or spec.name}"


def _cli_shape(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("-1" if side is None else str(side) for side in shape) + ")"


_CLI_TYPES = {"float32": "DT_FLOAT", "float64": "DT_DOUBLE", "float16": "DT_HALF"}
