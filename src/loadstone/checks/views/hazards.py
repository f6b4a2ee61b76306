"""What the configurations of a subject would make their loader do: found once, told by several faults."""

from __future__ import annotations

from loadstone.checks.subject import Subject
from loadstone.checks.views.configs import configurations
from loadstone.facts.finding import Evidence
from loadstone.formats.keras.keras_hazards import Hazard, each_hazard

_MOST = 200


def hazards(subject: Subject) -> tuple[Hazard, ...]:
    """Return the dangers in every configuration, each with the configuration's place before its own."""
    found: dict[Hazard, None] = {}
    for configuration in subject.view(configurations):
        for hazard in each_hazard(configuration.value, configuration.training):
            place = f"{configuration.place}: {hazard.place}"
            found[Hazard(hazard.kind, place, hazard.words, hazard.name)] = None
            if len(found) >= _MOST:
                return tuple(found)
    return tuple(found)


def of_kind(subject: Subject, *kinds: str) -> list[Hazard]:
    """Return the dangers of some kinds."""
    return [hazard for hazard in subject.view(hazards) if hazard.kind in kinds]


def places(subject: Subject, found: list[Hazard]) -> list[Evidence]:
    """Return the places of dangers as evidence."""
    return [Evidence(f"{subject.source}: {hazard.place}", hazard.words) for hazard in found]
