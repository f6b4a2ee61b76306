"""Slips of a text as a finding: what stands there, and the line as it would be right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadstone.checks.fault import Fault, filled
from loadstone.checks.subject import Subject, argument
from loadstone.checks.views.config_text import ConfigText, config_texts
from loadstone.facts.finding import Evidence, Finding
from loadstone.wire.textslip import Slip, SlipKind, lines_of


def slips_of(subject: Subject, *kinds: SlipKind) -> Iterator[tuple[ConfigText, list[Slip]]]:
    """Yield each of the subject's texts that has slips of these kinds, with them."""
    for text in config_texts(subject):
        found = [slip for slip in text.read.slips if slip.kind in kinds]
        if found:
            yield text, found


def evidence(text: ConfigText, slip: Slip) -> Evidence:
    """Return where a slip is, its line, and that line corrected."""
    before, after = lines_of(text.read.data, slip, text.read.slips)
    expected = after.strip() if after and after.strip() else slip.expected
    if slip.kind == "brace" and after and "\n" in after:
        added = after.removeprefix(before).strip()
        expected = f"{before.strip()}, and after it {' '.join(added.split())}"
    return Evidence(text.where(slip.at), found=before.strip(), expected=expected)


def grouped(fault: Fault, text: ConfigText, slips: Sequence[Slip], many: str) -> Finding:
    """Return one finding for all slips of a kind; `many` is said of several (`{count}` in it)."""
    first = slips[0]
    if len(slips) == 1:
        fact = f"{text.name}: {first.fact}"
    else:
        fact = f"{text.name}: {many.format(count=len(slips))}; the first: {first.fact}"
    mended = any(slip.replacement is not None for slip in slips)
    shown = (evidence(text, slip) for slip in slips)
    return fault.finding(fact, *shown, help=remedy(fault, text, mended=mended), mended=mended)


def remedy(fault: Fault, text: ConfigText, *, mended: bool) -> str:
    """Return a fault's help with the command for this text; without a command where the repair does not mend it."""
    return filled(fault.help, argument(text.path)) if mended else fault.help.partition(": loadstone fix")[0]
