"""The SavedModel was written by a newer TensorFlow than the one that is to load it.

What is seen

    While a SavedModel is loaded: `NodeDef mentions attr 'debug_name' not in Op<name=VarHandleOp`, `no field named
    "jit_compile"`, `KeyError: '__saved_model_init_op'`, or a failure to make its functions again.

Why

    A SavedModel names the TensorFlow that wrote it. Older releases do not know the newer fields of its functions, its
    operations' newer attributes, or the objects that a newer Keras put into it.

Remedy

    Load it with the TensorFlow that it names, or a newer one.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.newer_ops import unknown_operations
from loadstone.environment.versions import minor_of, order
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "savedmodel-newer-than-runtime",
    "error",
    help="load it with the TensorFlow that wrote it, or a newer one",
    reference="https://www.tensorflow.org/guide/versions#compatibility_of_savedmodels_graphs_and_checkpoints",
)

_LOADING = (
    r"saved_model[./\\](?:load|loader|function_deserialization|python)|loader_impl|function_deserialization|"
    r"saved_model\.load|load_internal|SavedModel|saved_model_cli"
)

TEXTS = (
    Saying(
        r"NodeDef mentions attr(?:ibute)? '(?P<attr>debug_name|_collective_manager_ids|jit_compile)' not in",
        "the SavedModel states {attr}, which only a newer TensorFlow writes",
    ),
    Saying(
        r"NodeDef mentions attr(?:ibute)? '?(?P<attr>\w+)'? (?:is )?not in",
        "the SavedModel states {attr}, which this TensorFlow does not know",
        needs=(_LOADING,),
    ),
    Saying(
        r"no field named \"?(?P<field>jit_compile|input_signature|function_spec|registered_name|registered_saver)\"?|"
        r"has no field \"?(?P<other>jit_compile|registered_name|registered_saver)\"?",
        "the SavedModel has the field {field}{other}, which only a newer TensorFlow writes",
    ),
    Saying(
        r"KeyError: ['\"](?:__saved_model_init_op|__saved_model_train_op)",
        "the SavedModel keeps its initialisation where only another release looks for it",
        certainty="likely",
    ),
    Saying(
        r"(?:saved|exported|created|written) (?:with|by|in|using) (?:a )?(?:newer|later) "
        r"(?:version of )?[Tt]ensor[Ff]low",
        "the SavedModel is said to come from a newer TensorFlow",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the SavedModel names a younger TensorFlow than the target environment's.

    An error where it uses operations that the older one does not know, a warning otherwise: many such files load.
    """
    wrote = subject.model.producer.get("tensorflow", "") if subject.model else ""
    here = subject.environment.packages.get("tensorflow", "")
    if not wrote or not here or not minor_of(wrote) or order(minor_of(wrote)) <= order(minor_of(here)):
        return
    unknown = [name for name, _ in unknown_operations(subject, here)]
    fact = f"TensorFlow {wrote} wrote the SavedModel, and TensorFlow {here} is to load it"
    yield FAULT.finding(
        fact,
        Evidence(f"{subject.source}: meta_info_def.tensorflow_version", wrote, f"{here} or older"),
        help=f'python -m pip install "tensorflow>={minor_of(wrote)}"',
        severity="error" if unknown else "warning",
        certainty="proved" if unknown else "possible",
    )
