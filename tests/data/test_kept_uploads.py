"""Uploads that are kept to learn from: each its owner's, within limits, and gone when nobody needs them."""

import dataclasses
import os
import time
from pathlib import Path

import pytest

from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.data import corrections, kept_uploads, sources
from mnist_core.data.greys import Part
from mnist_core.data.kept_uploads import Given
from mnist_core.errors import InputError, LabError
from mnist_core.files.days_of_use import DaysOfUse
from tests.conftest import simple_images

ADA, BOB = Actor("ada", "203.0.113.6"), Actor("bob", "203.0.113.7")
IMAGES, LABELS = simple_images(30, 3)
GIVEN = Given("mine.csv", {"": Part(IMAGES, LABELS, ("It was so.",))}, {})


def pass_days(home: Path, days: int) -> None:
    """Lets the lab be used on so many later days, as if all that is kept had been used before them."""
    now = time.time()
    dates = [time.strftime("%Y-%m-%d", time.localtime(now - 86_400 * day)) for day in range(days, -1, -1)]
    DaysOfUse(tuple(dates)).save(home / "days.json")
    for path in (home / "data" / "uploads").glob("*/about.json"):
        os.utime(path, (now - 86_400 * days,) * 2)


def test_what_was_read_comes_back_under_a_name_that_moves_with_the_home(
    temporary_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = Part(IMAGES[:9], LABELS[:9])
    name = kept_uploads.keep(Given("mine.npz", {"train": GIVEN.parts[""], "test": test}, {}), ADA)
    data = sources.load(name)
    assert (data.name, data.title, len(data.train_images), len(data.test_images)) == (name, "mine.npz", 30, 9)
    assert data.source == "a file that somebody uploaded; it was so"
    assert sources.shared(name) == sources.resolve(name) == name and sources.located(name, ADA) == name
    mirrored = sources.load(f"{name}?mirrored")
    assert mirrored.title == "mine.npz, mirrored left to right" and mirrored.identity != data.identity
    temporary_home.rename(tmp_path / "moved")
    monkeypatch.setenv("MNIST_HOME", str(tmp_path / "moved"))
    assert sources.load_same(data.reference()).identity == data.identity


def test_the_same_upload_of_somebody_is_kept_once_and_listed_for_its_owner_alone(temporary_home: Path) -> None:
    name = kept_uploads.keep(GIVEN, ADA)
    assert kept_uploads.keep(GIVEN, ADA) == name != kept_uploads.keep(GIVEN, BOB)
    assert [upload.name for upload in kept_uploads.own(ADA)] == [name]
    assert len(kept_uploads.own(COMMAND_LINE)) == 2 and not kept_uploads.own(Actor("eve", "203.0.113.8"))
    assert not list((temporary_home / "data" / "uploads").glob(".*"))
    with pytest.raises(InputError, match="belongs to somebody else"):
        kept_uploads.delete(name, by=BOB)
    kept_uploads.delete(name, by=ADA)
    kept_uploads.delete(name, by=COMMAND_LINE)
    for look in (sources.load, sources.shared):
        with pytest.raises(InputError, match="This upload is not here any more"):
            look(name)


def test_what_is_no_name_of_an_upload_is_none() -> None:
    for name in ("uploads/../../secret", "uploads/0123456789ABCDEF", "uploads/0123456789abcdef/x", "uploads/"):
        assert not kept_uploads.is_kept(name)
        with pytest.raises(InputError, match="There is no data at"):
            sources.shared(name)


def test_a_person_and_all_together_have_limits(monkeypatch: pytest.MonkeyPatch, temporary_home: Path) -> None:
    kept_uploads.keep(GIVEN, ADA)
    other = dataclasses.replace(GIVEN, title="other.csv")
    monkeypatch.setattr(kept_uploads, "MOST_BYTES_OF_ONE", 4000)
    with pytest.raises(LabError, match="of uploads for each person"):
        kept_uploads.keep(other, ADA)
    kept_uploads.keep(other, COMMAND_LINE)
    monkeypatch.setattr(kept_uploads, "MOST_BYTES_OF_ONE", 10**9)
    monkeypatch.setattr(kept_uploads, "MOST_BYTES_IN_ALL", 4000)
    with pytest.raises(LabError, match="no room left"):
        kept_uploads.keep(GIVEN, BOB)
    assert not list((temporary_home / "data" / "uploads").glob(".*"))


def test_an_upload_waits_a_month_for_a_run_and_goes_with_the_last(temporary_home: Path) -> None:
    waiting, learned, needed = (
        kept_uploads.keep(dataclasses.replace(GIVEN, title=title), ADA) for title in ("a.csv", "b.csv", "c.csv")
    )
    kept_uploads.note_learned(learned)
    kept_uploads.note_learned(needed)
    assert kept_uploads.title_of(learned) == "b.csv" and not kept_uploads.clear([needed])
    pass_days(temporary_home, 1)
    assert kept_uploads.clear([needed]) == [learned]
    pass_days(temporary_home, 29)
    sources.load(waiting)
    assert not kept_uploads.clear([needed])
    pass_days(temporary_home, 30)
    assert kept_uploads.clear([needed]) == [waiting]
    assert sources.load(corrections.parted(needed)[0]).title == "c.csv"


@pytest.mark.parametrize("damage", ["{", '{"format": 1, "title": "x", "parts": {"": {}}}', '{"format": 1, "parts": 7}'])
def test_a_damaged_upload_is_said(temporary_home: Path, damage: str) -> None:
    name = kept_uploads.keep(GIVEN, ADA)
    (kept_uploads.folder_of(name) / "about.json").write_text(damage)
    with pytest.raises(LabError):
        sources.load(name)
    kept_uploads.own(ADA), kept_uploads.clear([])
