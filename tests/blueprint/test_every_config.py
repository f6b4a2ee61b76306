"""All real configurations parse; each becomes a blueprint, or what is not built of it is named."""

from __future__ import annotations

from pathlib import Path

from benchmarks.zoo_table import HEAD, table, verdict

ROOT = Path(__file__).resolve().parents[2]

OUTSIDE = (
    "context_rcnn",
    "rfcn",
    "faster_rcnn_nas",
    "lstm_",
    "ssd_inception_v3",
    "ssd_mobiledet_",
    "ssd_mobilenet_edgetpu",
    "ssd_mobilenet_v1_ppn",
    "ssd_mobilenet_v2_mnasfpn",
    "ssd_spaghettinet",
)
"""Meta-architectures and extractors that are run as graphs, never rebuilt."""


def test_every_configuration_of_the_families_builds(shared: Path) -> None:
    paths = sorted((shared / "pipeline_configs").glob("*.config"))
    assert len(paths) == 176
    results = [verdict(path) for path in paths]
    built = [row for row in results if row[2] == "yes"]
    refused = [row for row in results if row[2] != "yes"]
    assert len(built) == 159
    for meta, kind, reason in refused:
        assert meta.startswith(OUTSIDE) or kind.startswith(OUTSIDE), (meta, kind, reason)
        assert reason.startswith("no: ")


def test_the_page_holds_the_table(shared: Path) -> None:
    page = (ROOT / "docs" / "zoo.md").read_text(encoding="utf-8")
    assert HEAD in page
    written = HEAD + page.split(HEAD)[1].split("\n\n")[0] + "\n"
    assert written.strip() == table(sorted((shared / "pipeline_configs").glob("*.config"))).strip()
