"""A checkpoint of another model lies in the training folder, and training resumes it.

What is seen

    `Restoring from checkpoint failed` or `not all checkpointed values were used` right at the start, although
    `fine_tune_checkpoint` is right.

Why

    A training takes the latest checkpoint of its `model_dir` before anything else. The checkpoint that was to be the
    start, or one of an earlier training with another configuration, lies there.

Remedy

    Train into an empty folder, and keep the checkpoint to start from in another one.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.config_paths import named_paths
from loadstone.checks.views.config_text import config_texts
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "ckpt-in-model-dir-autoresume",
    "warning",
    help="train into an empty folder, and keep the checkpoint to start from in another one",
)

_MATCH = r"not found in checkpoint|shapes of both tensors|not all checkpointed values were used"

TEXTS = (
    Saying(
        r"Restoring parameters from (?P<path>\S*(?:train|model_dir|models?)\S*/(?:model\.)?ckpt-\d+)",
        "training resumes {path}, which lies in its own folder",
        certainty="possible",
        needs=(_MATCH,),
    ),
    Saying(
        r"Restoring from checkpoint failed\. This is most likely due to a Variable name or other graph"
        r" key that is missing",
        "the checkpoint that was resumed is not of this model: training takes the latest one of its folder",
        certainty="likely",
        needs=(
            r"(?:Stage|Box|Mask|Feature|Class)\w*(?:Predictor|Extractor)|object_detection|model_main|train_dir|model_dir",
        ),
        unless=(r"export\w*\.py|freeze_graph|shapes of both tensors",),
    ),
    Saying(
        r"A checkpoint was restored \(e\.g\. tf\.train\.Checkpoint\.restore[^\n]*but not all checkpoin"
        r"ted values were used",
        "a checkpoint was resumed that holds more than this model: another model's may lie in model_dir",
        certainty="possible",
        unless=(r"Unresolved object in checkpoint", r"Value in checkpoint could not be found"),
    ),
    Saying(
        r"Skipping training since max_steps has already saved|Loss for final step: None",
        "the checkpoint in the training's own folder has reached the last step already, so that nothing is trained",
        certainty="likely",
        help="train into a new, empty folder, or raise num_steps",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the checkpoint to start from lies beside the configuration, with a state file."""
    for text in config_texts(subject):
        for path in named_paths(subject) if text.place is not None else ():
            folder = text.folder.absolute()
            if path.field != "fine_tune_checkpoint" or path.state != "present" or path.found is None:
                continue
            if path.found.absolute().parent == folder and (folder / "checkpoint").is_file():
                fact = (
                    f"{path.found.name}, which training is to start from, lies beside {text.name}: a training in this "
                    "folder resumes it as its own"
                )
                yield FAULT.finding(fact, Evidence(path.where, path.value, "another folder"), certainty="likely")
