"""The blueprint of any golden, whichever its meta-architecture, that its recorded configuration gives."""

from __future__ import annotations

import json
from pathlib import Path

from loadstone.blueprint.reader import AnyBlueprint, read_any
from loadstone.wire.textproto import parse


def any_config(shared: Path, name: str) -> bytes:
    """Return a golden's configuration."""
    config: str = json.loads((shared / "goldens" / f"{name}.json").read_text())["config"]
    return (shared / "goldens" / config).read_bytes()


def any_blueprint(shared: Path, name: str) -> AnyBlueprint:
    """Return a golden's blueprint."""
    return read_any(parse(any_config(shared, name)))
