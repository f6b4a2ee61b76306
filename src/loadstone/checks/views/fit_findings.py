"""A fit in words: missing, unexpected and mis-shaped variables by part, classes, heads.

What it is: the sentences that several faults of the weights share. What it is not: the comparison (`fit`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from shlex import quote

from loadstone.blueprint.weights import Match, plain_key
from loadstone.checks.fault import Fault
from loadstone.checks.views.background import background_differs, fits_as_it_is
from loadstone.checks.views.fit import Fit
from loadstone.checks.views.odapi import extractor_of
from loadstone.checks.views.scopes import HEADS, grouped, part_of
from loadstone.errors import LoadstoneError
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.detection.config import architecture

SHOWN = 3
CLASS_PARTS = HEADS | {"head tower"}


def named(meta: str | None, extractor: str | None) -> str:
    """Return `ssd with ssd_mobilenet_v2_keras`."""
    return f"{meta or 'a detector'} with {extractor}" if extractor else meta or "no detector that is known"


def other_architecture(fit: Fit) -> bool:
    """Whether names and shapes are those of another architecture or extractor than the configuration's."""
    ours, theirs = fit.shown, fit.stated
    if ours.meta_architecture and theirs.meta_architecture and not _same_meta(fit):
        return True
    if not (ours.feature_extractor and theirs.feature_extractor):
        return False
    one, other = (kind.removesuffix("_keras") for kind in (ours.feature_extractor, theirs.feature_extractor))
    return one not in other and other not in one and not _same_variables(one, other)


def _same_meta(fit: Fit) -> bool:
    one, other = fit.shown.meta_architecture, fit.stated.meta_architecture
    return one == other or {one, other} <= {"faster_rcnn", "context_rcnn", "rfcn"}


def _same_variables(one: str, other: str) -> bool:
    """Extractors that names and shapes do not tell apart; the comparison of every variable tells more."""
    plain = [
        kind.removeprefix("embedded_").replace("_ppn", "").replace("_sep_conv", "").replace("v1_fpn", "fpn")
        for kind in (one, other)
    ]
    return plain[0] == plain[1] or plain[0] in plain[1] or plain[1] in plain[0]


def architecture_findings(fault: Fault, fit: Fit) -> Iterator[Finding]:
    """Yield what does not fit beyond the classes: the extractor, or variables by part."""
    if fit.of_two_generations:
        return
    kind, message = extractor_of(fit.config)
    if other_architecture(fit):
        says = named(fit.stated.meta_architecture, kind)
        has = named(fit.shown.meta_architecture, fit.shown.feature_extractor)
        fact = f"the weights are {has}, and {fit.config_name} says {says}"
        where = fit.where("type", message) if message is not None else fit.config_path
        kinds = Evidence(where, f'type: "{kind}"', f'type: "{fit.shown.feature_extractor}"')
        yield fault.finding(fact, kinds, *_counted(fit), help=_fitted(fit))
        return
    found = fit.match
    if found is None:
        return
    wrong = _wrong(fit, found)
    if not any(wrong):
        return
    yield _by_part(fault, fit, found, wrong)


def _counted(fit: Fit) -> Iterator[Evidence]:
    """Yield how many variables are there and how many the configuration implies, with the first of each."""
    try:
        found = fit.match
    except LoadstoneError:
        # A configuration whose network is not built here still says its kind.
        return
    if found is None:
        return
    wanted = [*found.unmatched, *found.ambiguous, *(one.variable for one in found.misshapen)]
    have = f"{len(found.matched) + len(found.unused):,} variables"
    first = f", the first not among them {wanted[0].key} {wanted[0].shape}" if wanted else ""
    yield Evidence(fit.source, have, f"{len(found.matched) + len(wanted):,} variables{first}")


def _fitted(fit: Fit) -> str:
    return f"use the configuration that the weights were trained with, or have it written: {_command(fit)}"


def _command(fit: Fit) -> str:
    return f"loadstone fix {quote(fit.config_path)} --to {quote(fit.source)}"


Wrong = tuple[list[str], list[str]]


def _wrong(fit: Fit, found: Match) -> Wrong:
    """Return (missing, mis-shaped) variables that neither classes nor fine-tuning explain."""
    elsewhere = _renamed(fit)
    lost = (*found.unmatched, *found.ambiguous)
    missing = [one.key for one in lost if not {one.key, one.slim} & elsewhere]
    shapes = [one.variable.key for one in found.misshapen if not _by_classes(fit, one.variable.key)]
    if fit.fine_tuning and fit.kind_of_start != "full":
        missing = [key for key in missing if part_of(key) not in CLASS_PARTS | {"proposal head"}]
        shapes = [key for key in shapes if part_of(key) not in CLASS_PARTS | {"proposal head"}]
    return missing, shapes


def _by_classes(fit: Fit, key: str) -> bool:
    """Whether another number of classes, or a background column, is reason enough for a head's other shape."""
    return part_of(key) in HEADS and (classes_differ(fit) or background_differs(fit))


def classes_differ(fit: Fit) -> bool:
    """Whether weights and configuration state different numbers of classes, and do not fit all the same."""
    ours, theirs = fit.shown.num_classes, fit.stated.num_classes
    return ours is not None and theirs is not None and ours != theirs and not fits_as_it_is(fit)


def _renamed(fit: Fit) -> set[str]:
    """Return the variables that are there under other names: another fault tells of them."""
    rules = fit.renaming
    if rules is None or len(rules.pairs) <= rules.left:
        return set()
    return {plain_key(name) for name in rules.pairs.values()}


def _by_part(fault: Fault, fit: Fit, found: Match, wrong: Wrong) -> Finding:
    missing, shapes = wrong
    total = len(found.matched) + len(found.unmatched) + len(found.misshapen) + len(found.ambiguous)
    fact = (
        f"{len(found.matched):,} of the {total:,} variables that {fit.config_name} implies are in {fit.source}: "
        f"{len(missing):,} are missing, {len(shapes):,} have another shape, {len(found.unused):,} are not asked for"
    )
    evidence = [
        Evidence(f"{part} ({len(keys):,} missing)", "absent", _first(keys)) for part, keys in grouped(missing).items()
    ]
    by_key = {one.variable.key: one for one in found.misshapen}
    for part, keys in grouped(shapes).items():
        first = by_key[keys[0]]
        where = f"{part} ({len(keys):,} of another shape): {first.tensor}"
        evidence.append(Evidence(where, str(first.found), str(first.variable.shape)))
    for part, names in grouped(found.unused).items():
        evidence.append(Evidence(f"{part} ({len(names):,} not asked for)", _first(names), "nothing of this name"))
    if (width := _width(fit, found)) is not None:
        evidence.insert(0, width)
    at_config = Evidence(fit.where("model"), _first(list(found.matched)[:1]) or "no variable in common")
    return fault.finding(fact, *evidence, *(() if found.matched else (at_config,)), help=_fitted(fit))


def _width(fit: Fit, found: Match) -> Evidence | None:
    """Return the depth multiplier that would explain the shapes, where most kernels are narrower by one factor."""
    ratios = Counter(
        one.found[-1] / one.variable.shape[-1]
        for one in found.misshapen
        if part_of(one.variable.key) not in HEADS
        if one.found and one.found[-1] and len(one.found) == 4 == len(one.variable.shape) and one.variable.shape[-1] > 1
    )
    if not ratios:
        return None
    factor, count = ratios.most_common(1)[0]
    _, message = extractor_of(fit.config)
    if message is None or factor == 1 or count * 2 < sum(ratios.values()):
        return None
    try:
        stated = message.number("depth_multiplier", 1.0)
    except LoadstoneError:
        return None
    where = fit.where("depth_multiplier", message)
    return Evidence(where, f"depth_multiplier: {stated:g}", f"depth_multiplier: {stated * factor:g}")


def _first(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


def class_findings(fault: Fault, fit: Fit) -> Iterator[Finding]:
    """Yield a finding where the numbers of classes differ and everything else is of one architecture."""
    if not classes_differ(fit) or other_architecture(fit) or fit.of_two_generations:
        return
    if fit.fine_tuning and fit.kind_of_start != "full":
        return
    ours, theirs = fit.shown.num_classes, fit.stated.num_classes
    inner = architecture(fit.config)
    where = fit.where("num_classes", inner)
    evidence = [Evidence(where, f"num_classes: {theirs}", f"num_classes: {ours}"), *_heads(fit)]
    fact = f"{fit.source} has {_classes(ours)}, and {fit.config_name} says {theirs}"
    help_text = (
        f"write num_classes: {ours} ({_command(fit)}), or have the heads made anew: "
        f"loadstone fix {quote(fit.source)} --to {quote(fit.config_path)} --only resize-heads"
    )
    yield fault.finding(fact, *evidence, help=help_text)


def _classes(count: int | None) -> str:
    return "1 class" if count == 1 else f"{count:,} classes"


def _heads(fit: Fit) -> Iterator[Evidence]:
    try:
        found = fit.match
    except LoadstoneError:
        # The shapes tell the classes without the network's other variables.
        return
    heads = [one for one in found.misshapen if part_of(one.variable.key) in HEADS] if found is not None else []
    for one in heads[:SHOWN]:
        yield Evidence(one.tensor, str(one.found), str(one.variable.shape))


def head_findings(fault: Fault, fit: Fit) -> Iterator[Finding]:
    """Yield a word on heads that fine-tuning makes anew."""
    if not (fit.fine_tuning and classes_differ(fit)) or fit.kind_of_start == "full":
        return
    if other_architecture(fit) or fit.of_two_generations:
        return
    ours, theirs = fit.shown.num_classes, fit.stated.num_classes
    where = fit.where("num_classes", architecture(fit.config))
    fact = f"{fit.source} has {_classes(ours)} and {fit.config_name} {theirs}: fine-tuning makes the heads anew"
    yield fault.finding(fact, Evidence(where, f"num_classes: {theirs}"))
