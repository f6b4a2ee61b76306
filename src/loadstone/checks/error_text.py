"""An error text or log as `explain` reads it."""

from __future__ import annotations

from dataclasses import dataclass, field

from loadstone.facts.environment import Environment


@dataclass(frozen=True)
class ErrorText:
    """What somebody pasted: `text` with its escape sequences gone and line ends mended.

    `environment` is what the text shows of where it happened (versions, paths, system); it is never complete.
    """

    text: str
    environment: Environment = field(default_factory=lambda: Environment(name="the text's", complete=False))

    @property
    def lines(self) -> list[str]:
        """The text's lines."""
        return self.text.splitlines()
