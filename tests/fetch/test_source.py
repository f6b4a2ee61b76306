"""What may be named, and what it resolves to. No network."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.errors import LoadstoneError, SourceError
from loadstone.fetch import catalogue, shelf
from loadstone.fetch.source import file_name, parse, safe_name, without_secrets

ZOO = "https://download.tensorflow.org/models/object_detection/"
HEX = "ab" * 32


@pytest.mark.parametrize(
    "name",
    [
        "ssd_mobilenet_v2_fpnlite_320x320_coco17_tpu-8",
        "ssd_mobilenet_v2_fpnlite_320x320",
        "SSD MobileNet V2 FPNLite 320x320",
        "zoo:SSD_MobileNet_V2_FPNLite_320x320",
        "ssd-mobilenet-v2-fpnlite-320x320",
    ],
)
def test_one_model_has_many_spellings(name: str) -> None:
    source = parse(name)
    assert source.id == "zoo:ssd_mobilenet_v2_fpnlite_320x320_coco17_tpu-8"
    assert source.url == f"{ZOO}tf2/20200711/ssd_mobilenet_v2_fpnlite_320x320_coco17_tpu-8.tar.gz"
    assert source.unpacks


def test_every_zoo_name_label_and_archive_resolves_to_its_own_entry() -> None:
    zoo = [entry for entry in catalogue.entries() if entry.kind != "keras"]
    assert len(zoo) == 90
    for entry in zoo:
        assert parse(entry.name).id == entry.id
        assert parse(entry.label).id == entry.id
        archive = entry.file_name.removesuffix(".tar.gz")
        # Both ExtremeNet archives have one file name.
        assert archive == "extremenet" or parse(archive).id == entry.id
        assert parse(entry.name).url.startswith("https://")


def test_keras_applications_has_176_files_most_with_a_hash() -> None:
    keras = [entry for entry in catalogue.entries() if entry.kind == "keras"]
    assert len(keras) == 176
    assert len({entry.id for entry in keras}) == 176
    assert sum(entry.digest is None for entry in keras) == 92
    for entry in keras:
        assert parse(entry.id).url == entry.url
        assert parse(entry.id).digest == entry.digest
        assert not parse(entry.id).unpacks
    assert parse("keras:resnet50/notop").id == "keras:ResNet50/notop"


def test_the_catalogue_is_the_one_of_the_facts(shared: Path) -> None:
    import json

    facts = json.loads((shared / "facts" / "zoo.json").read_text(encoding="utf-8"))["models"]
    by_name = {entry.name: entry for entry in catalogue.entries() if entry.kind != "keras"}
    assert len(facts) == len(by_name)
    for fact in facts:
        entry = by_name[fact["name"]]
        assert (entry.url, entry.score, entry.speed_ms) == (fact["url"], fact["map"], fact["speed_ms"])


def test_an_old_dated_name_means_its_own_archive() -> None:
    source = parse("ssd_mobilenet_v1_coco_11_06_2017")
    assert source.url == f"{ZOO}ssd_mobilenet_v1_coco_11_06_2017.tar.gz"
    assert source.id == "zoo:ssd_mobilenet_v1_coco_11_06_2017"
    assert "2018_01_28" in source.note
    assert parse("ssd_mobilenet_v1_coco_2018_01_28").id == "zoo:ssd_mobilenet_v1_coco"


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("ssd_mobilnet_v2_coco", "ssd_mobilenet_v2_coco"),
        ("keras:ResNet51", "keras:ResNet50"),
        ("efficentdet_d0", "efficientdet_d0_coco17_tpu-32"),
        ("faster_rcnn_resnet101", "faster_rcnn_resnet101_coco"),
    ],
)
def test_a_near_miss_is_answered_with_the_name(typed: str, near: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(typed)
    assert near in caught.value.help


def test_addresses() -> None:
    assert parse("gs://bucket/a/model.tar.gz").url == "https://storage.googleapis.com/bucket/a/model.tar.gz"
    hub = parse("https://tfhub.dev/tensorflow/ssd_mobilenet_v2/2")
    assert hub.url == "https://tfhub.dev/tensorflow/ssd_mobilenet_v2/2?tf-hub-format=compressed"
    assert hub.file_name == "tensorflow_ssd_mobilenet_v2_2.tar.gz"
    assert hub.entry is not None
    assert hub.entry.name == "ssd_mobilenet_v2_320x320_coco17_tpu-8"
    plain = parse("http://example.org/x/My%20Model.h5?token=abc#part")
    assert (plain.file_name, plain.unpacks) == ("My Model.h5", False)
    assert parse("https://example.org/x.keras").unpacks is False
    assert parse("https://example.org/x.zip").unpacks is True
    for scheme in ("hf", "kaggle", "s3"):
        assert parse(f"{scheme}://owner/name/model.h5").scheme == scheme


def test_a_hash_after_the_name() -> None:
    source = parse(f"keras:ResNet50@sha256:{HEX.upper()}")
    assert source.digest == ("sha256", HEX)
    assert source.demanded
    assert parse("https://u@example.org/x.h5").digest is None
    with pytest.raises(SourceError, match="not a sha256"):
        parse("keras:ResNet50@sha256:1234")
    with pytest.raises(SourceError, match="two different"):
        parse(f"keras:ResNet50@sha256:{HEX}", "cd" * 32)


def test_paths_win_over_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ssd_mobilenet_v2_coco").mkdir()
    assert parse("ssd_mobilenet_v2_coco").path == str(tmp_path / "ssd_mobilenet_v2_coco")
    archive = tmp_path / "a b.tar.gz"
    archive.write_bytes(b"x")
    assert parse(archive.as_uri()).path == str(archive)
    with pytest.raises(SourceError, match="no such file"):
        parse("file:///nowhere/model.h5")
    with pytest.raises(SourceError, match="another machine"):
        parse("file://server/share/model.h5")
    with pytest.raises(SourceError, match="ftp://"):
        parse("ftp://example.org/model.h5")


@given(st.text(max_size=80))
def test_any_text_ends_in_a_source_or_an_explanation(text: str) -> None:
    try:
        source = parse(text.replace("\0", ""))
    except LoadstoneError:
        return
    assert bool(source.url) != bool(source.path)


@given(st.text(max_size=300))
def test_a_safe_name_is_one_plain_name(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert not set(safe) & set('/\\:*?"<>|\0')
    assert safe not in (".", "..")
    assert len(safe) <= 150


@given(st.text(st.characters(codec="ascii"), max_size=100), st.text(st.characters(codec="ascii"), max_size=100))
def test_slugs_of_different_sources_differ(one: str, other: str) -> None:
    assert (shelf.slug(one) == shelf.slug(other)) == (one == other)
    assert "/" not in shelf.slug(one)


@given(st.text(max_size=2000))
def test_slugs_fit_every_file_system(identity: str) -> None:
    assert len(shelf.slug(identity).encode()) <= 160


def test_names_of_files_come_from_the_address_alone() -> None:
    assert file_name("https://example.org/a/..%2f..%2fevil.h5") == "evil.h5"
    assert file_name("https://example.org/") == "download"
    assert file_name("https://example.org/a/b.tar.gz?x=/c.h5") == "b.tar.gz"


def test_secrets_are_taken_out() -> None:
    shown = without_secrets("https://ada:pw@host/m.h5?X-Amz-Signature=abc&part=1&token=x")
    assert "pw" not in shown
    assert "abc" not in shown
    assert "part=1" in shown


def test_what_cannot_run_names_what_can() -> None:
    lacking = [entry for entry in catalogue.entries() if entry.lacks]
    assert lacking
    for entry in lacking:
        other = catalogue.nearest_that_runs(entry)
        assert other is not None
        assert not other.lacks
