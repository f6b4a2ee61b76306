"""What the faults between installed packages share: the release that is installed, and its rule for a package."""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.environment.tables.tensorflow import release_named
from loadstone.environment.versions import satisfies
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Evidence


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule of the installed TensorFlow that an installed package does not keep."""

    package: str
    found: str
    rule: str
    tensorflow: str

    def evidence(self, environment: Environment) -> Evidence:
        """Return where it is seen: the environment, with both versions."""
        expected = f"{self.package}{self.rule}, for TensorFlow {self.tensorflow}"
        return Evidence(environment.name, f"{self.package} {self.found}", expected)


def broken_rule(environment: Environment, package: str, extra: str = "") -> Broken | None:
    """Return the rule for a package that does not hold; None where all is well or something is not known.

    `extra` is a rule that the release forgot to state, known from what happens without it.
    """
    tensorflow = environment.packages.get("tensorflow", "")
    found = environment.packages.get(package, "")
    release = release_named(tensorflow) if tensorflow else None
    if release is None or not found:
        return None
    for rule in filter(None, (release.requires.get(package, ""), extra)):
        if not satisfies(found, rule):
            return Broken(package, found, rule, tensorflow)
    return None


def install(*requirements: str) -> str:
    """Return the command that installs what is given; quotes keep `<` from the shell."""
    return "python -m pip install " + " ".join(f'"{requirement}"' for requirement in requirements)
