"""Variables get the names that the configuration's model expects: scope by scope, by rules that are shown first.

The rules are those that `--rename OLD=NEW` gives, or those under which most of the missing variables are found. An
object graph is changed with the keys, so that TensorFlow restores the result by its objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from loadstone.blueprint.weights import KEY_SUFFIX
from loadstone.checks.subject import Subject
from loadstone.checks.views.fit import fits
from loadstone.checks.views.renamed import Rule, renamed
from loadstone.errors import LoadstoneError
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.checkpoint.bundle_copy import Changes
from loadstone.formats.checkpoint.object_graph import OBJECT_GRAPH_KEY
from loadstone.repairs.checkpoints._copy import checkpoint_of, plan_copy, write


def plan(subject: Subject) -> Plan | None:
    """Return the new names; None where no rule is given and none is found."""
    found = checkpoint_of(subject)
    if found is None:
        return None
    given = [Rule(old.strip("/"), new.strip("/"), 0) for old, new in subject.rename]
    rules = given or list(_found(subject))
    if not rules:
        return None
    names = [spec.name for spec in found[2].tensors.specs]
    changed = {name: new for name in names if (new := _under(name, rules)) != name}
    edits = [Edit(name, name, new, "") for name, new in changed.items()]
    scopes = tuple((rule.old, rule.new) for rule in rules)
    return plan_copy(
        "rename-variables", subject, Changes(names=changed, scopes=scopes), edits, faults=("ckpt-scope-renamed",)
    )


def _found(subject: Subject) -> Iterator[Rule]:
    for fit in fits(subject):
        try:
            rules = fit.renaming
        except LoadstoneError:
            # A network that is not rebuilt here has no names to compare with.
            return
        if rules is not None and len(rules.pairs) > rules.left:
            yield from rules.rules
            return


def _under(name: str, rules: list[Rule]) -> str:
    """Return a name under the first rule that fits it. Counters and the graph itself keep theirs."""
    if name in (OBJECT_GRAPH_KEY, "global_step") or name.startswith(("save_counter/", "_")):
        return name
    suffix = KEY_SUFFIX if name.endswith(KEY_SUFFIX) else ""
    plain = name.removesuffix(suffix) if suffix else name
    for rule in rules:
        if (new := renamed(plain, rule)) != plain:
            return new + suffix
    return name


def apply(plan: Plan, target: Path) -> None:
    """Write the renamed checkpoint into the new folder `target`."""
    write(plan, target)
