"""Two models, checkpoints, configurations or environments compared: facts about both, no judgement."""

from __future__ import annotations

from loadstone.differences.run import diff

__all__ = ["diff"]
