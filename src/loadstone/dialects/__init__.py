"""A Keras configuration of one version → the same model in the words of another, as data with a list of what changed.

What it is: the one home of the rules by which Keras' versions differ, used by the checks (which rules bite), by the
repairs (a new file), and by the runtime (the same in memory). What it is not: a reader of files, or a judge.
"""

from __future__ import annotations

from loadstone.dialects.ledger import Change, Obstacle, Rewritten, WeightRule
from loadstone.dialects.rewrite import rewrite
from loadstone.dialects.target import LATEST, Target, target_of

__all__ = ["LATEST", "Change", "Obstacle", "Rewritten", "Target", "WeightRule", "rewrite", "target_of"]
