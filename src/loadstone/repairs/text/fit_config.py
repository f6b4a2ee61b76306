"""A configuration becomes what a checkpoint is: its model is written anew from the weights, training stays as it is.

Where the user named the checkpoint (`--to`), `fine_tune_checkpoint`, its type and its version are set to it as well.
Names and shapes do not show the size of the pictures: the configuration's own image_resizer is kept where
the meta-architecture is the same.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.checks.views.config_of import config_of_weights
from loadstone.checks.views.config_paths import PLACEHOLDER
from loadstone.checks.views.config_text import ConfigText
from loadstone.checks.views.fit import Fit, fits
from loadstone.checks.views.fit_findings import other_architecture
from loadstone.checks.views.scopes import HEADS, part_of
from loadstone.errors import LoadstoneError
from loadstone.facts.plan import Plan
from loadstone.formats.detection.config import architecture
from loadstone.repairs.text._slips import plan_edits, text_of, write
from loadstone.wire.textdump import dump
from loadstone.wire.textedit import message_span, set_field
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textproto import parse
from loadstone.wire.textscalar import quoted
from loadstone.wire.textslip import Slip


def plan(subject: Subject) -> Plan | None:
    """Return the new model and the new start; None where the user named no checkpoint, or all fits already."""
    text = text_of(subject)
    if text is None or subject.to is None:
        return None
    for fit in fits(subject):
        edits = [*_model(text, fit), *_start(text, fit)]
        return plan_edits("fit-config", text, edits, ("ckpt-arch-mismatch", "tf1-ckpt-in-tf2-odapi"))
    return None


def _model(text: ConfigText, fit: Fit) -> list[Slip]:
    if not _differs(fit):
        return []
    try:
        new = parse(config_of_weights(fit.model).encode()).message("model")
    except LoadstoneError:
        # A detector that is not known well enough is not written.
        return []
    _keep_resizer(new, text.root)
    model = text.root.message("model")
    replacement = b"model {\n" + b"".join(b"  " + line + b"\n" for line in dump(new).encode().splitlines()) + b"}"
    if "model" not in text.root:
        return [Slip("syntax", 0, 0, "the model is written from the weights", replacement + b"\n")]
    start, end = message_span(model)
    return [Slip("wrong-value", start, end, "the model is written from the weights", replacement)]


def _differs(fit: Fit) -> bool:
    """Whether more than the classes is wrong."""
    if other_architecture(fit) or fit.of_two_generations:
        return True
    try:
        found = fit.match
    except LoadstoneError:
        # What cannot be compared is not called wrong.
        return False
    if found is None or fit.renaming is not None:
        return False
    inner = [one for one in found.misshapen if part_of(one.variable.key) not in HEADS]
    return bool(found.unmatched or found.ambiguous or inner)


def _keep_resizer(new: TextMessage, old: TextMessage) -> None:
    """Give the new model the old one's image_resizer."""
    ours, theirs = _inner(new), _inner(old)
    # Another architecture resizes otherwise: an SSD has one size, a Faster R-CNN keeps the picture's sides.
    if ours is None or theirs is None or ours.name != theirs.name or "image_resizer" not in theirs:
        return
    kept = theirs.message("image_resizer")
    ours.entries = [(name, kept if name == "image_resizer" else value, at) for name, value, at in ours.entries]


def _inner(message: TextMessage) -> TextMessage | None:
    return architecture(message) or next(
        (value for _, value, _ in message.entries if isinstance(value, TextMessage)), None
    )


def _start(text: ConfigText, fit: Fit) -> list[Slip]:
    """Return the edits that make the checkpoint the one to start from, where none was named yet."""
    if "train_config" not in text.root or not fit.is_checkpoint:
        return []
    train = text.root.message("train_config")
    field = "fine_tune_checkpoint"
    try:
        if (given := train.text(field)) and not PLACEHOLDER.search(given):
            return []
    except LoadstoneError:
        return []
    prefix = str(fit.model.details.get("prefix", ""))
    place = Path(fit.source)
    place = place / prefix if place.is_dir() else place.with_name(prefix)
    wanted = [(field, quoted(place.as_posix().encode()), ""), (f"{field}_type", b'"detection"', field)]
    wanted.append((f"{field}_version", b"V2" if fit.object_based else b"V1", field))
    found = [set_field(train, name, token, after=after) for name, token, after in wanted]
    return [edit for edit in found if edit is not None]


def apply(plan: Plan, target: Path) -> None:
    """Write the configuration that fits to `target`."""
    write(plan, target)
