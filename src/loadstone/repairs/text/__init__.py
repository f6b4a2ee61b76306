"""Repairs of pipeline.config and label maps as text."""

from __future__ import annotations

REPAIRS: tuple[str, ...] = (
    "plain-utf8",
    "straighten-quotes",
    "quote-paths",
    "unquote-numbers",
    "comment-out-garbage",
    "correct-syntax",
    "balance-braces",
    "add-checkpoint-version",
    "count-labels-from-one",
    "set-checkpoint-type",
    "without-averages",
    "without-rewriter",
    "fit-config",
    "set-classes",
)
