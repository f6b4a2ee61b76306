"""A configuration asks for layers that its weights do not account for.

What is seen

    `units`, `filters` or `input_dim` in the millions, in a file that holds few weights.

Why

    Building the model asks for the memory before any weight is read.

Remedy

    Do not build it; compare the configuration with the weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.configs import configurations
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "safety-huge-layer",
    "error",
    help="do not build it; compare the configuration with the weights",
)

_KEYS = ("units", "filters", "input_dim", "output_dim", "dim", "num_heads", "key_dim", "max_tokens")
_LARGEST = 1 << 28
_FACTOR = 1000


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield sizes that are beyond any layer, and beyond what the file's weights explain."""
    model = subject.model
    if model is None:
        return
    parameters = max(model.parameters, 1)
    for configuration in subject.view(configurations):
        found = [
            (place, key, value)
            for place, key, value in _sizes(configuration.value, configuration.place)
            if value > _LARGEST and value > parameters * _FACTOR
        ]
        if found:
            _place, key, value = found[0]
            fact = f"building it would ask for {value:,} {key}, in a file of {model.parameters:,} parameters"
            yield FAULT.finding(
                fact, *(Evidence((f"{subject.source}: {where}"), f"{name} {number:,}") for where, name, number in found)
            )


def _sizes(value: Any, place: str) -> Iterator[tuple[str, str, int]]:
    waiting: list[tuple[Any, str]] = [(value, place)]
    while waiting:
        here, where = waiting.pop()
        if isinstance(here, dict):
            for key, inner in here.items():
                if key in _KEYS and type(inner) is int:
                    yield where, key, inner
                elif isinstance(inner, (dict, list)):
                    waiting.append((inner, f"{where}.{str(key)[:40]}"))
        elif isinstance(here, list):
            waiting += [
                (inner, f"{where}[{number}]") for number, inner in enumerate(here) if isinstance(inner, (dict, list))
            ]
