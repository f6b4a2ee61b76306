"""Scopes of the checkpoint have other names than the configuration's model expects.

What is seen

    `Key FeatureExtractor/... not found in checkpoint`, while the checkpoint holds the same variables under another
    beginning, such as `CustomExtractor/...` or `module/FeatureExtractor/...`.

Why

    The weights were trained by code that put the network into a scope or attribute of its own. Shapes and the rest of
    the names agree.

Remedy

    Rename the scopes: `loadstone fix CHECKPOINT --to pipeline.config` shows the rules and the names, and writes a new
    checkpoint with `--only rename-variables`.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.fit import fits
from loadstone.errors import LoadstoneError
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "ckpt-scope-renamed",
    "error",
    help="rename the scopes: loadstone fix CHECKPOINT --to pipeline.config --only rename-variables",
    repair="rename-variables",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where most of the missing variables are there under another beginning."""
    for fit in fits(subject):
        if fit.of_two_generations:
            continue
        try:
            rules = fit.renaming
        except LoadstoneError:
            # The comparison itself tells that this network is not known.
            continue
        if rules is None or len(rules.pairs) <= rules.left:
            continue
        evidence = [
            Evidence(f"{rule.count:,} variables", f"{rule.old or '(nothing)'}/…", f"{rule.new or '(nothing)'}/…")
            for rule in rules.rules
        ]
        fact = (
            f"{len(rules.pairs):,} variables that {fit.config_name} implies are in {fit.source} under other names"
            + (f"; {rules.left:,} are not there at all" if rules.left else "")
        )
        help_text = (
            f"rename them: loadstone fix {quote(fit.source)} --to {quote(fit.config_path)} --only rename-variables"
        )
        yield FAULT.finding(fact, *evidence, help=help_text)
