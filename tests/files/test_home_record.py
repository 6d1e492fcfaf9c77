import json
from pathlib import Path

import pytest

from mnist_core import __version__
from mnist_core.cli import main
from mnist_core.files import home_record
from mnist_core.files.records import NewerError
from tests.support import commands
from tests.support.disks import no_more_files, read_only

SENTENCE = f"This lab's home folder belongs to a newer Digit Lab than {__version__}. Update the lab; nothing is lost."


def noted(home: Path) -> list[str]:
    releases: list[str] = json.loads((home / "home.json").read_text())["releases"]
    return releases


def test_a_home_tells_which_releases_used_it(temporary_home: Path) -> None:
    home_record.use()
    assert not temporary_home.exists()
    temporary_home.mkdir()
    home_record.use()
    assert noted(temporary_home) == [__version__]
    values = {"format": 1, "releases": [__version__, "0.0.1"], "school": "ours"}
    (temporary_home / "home.json").write_text(json.dumps(values))
    home_record.use()
    assert noted(temporary_home) == ["0.0.1", __version__]
    assert json.loads((temporary_home / "home.json").read_text())["school"] == "ours"


def test_a_damaged_record_is_written_again_and_a_read_only_disk_is_no_matter(temporary_home: Path) -> None:
    temporary_home.mkdir()
    (temporary_home / "home.json").write_text("{")
    with read_only(temporary_home):
        home_record.use()
    home_record.use()
    assert noted(temporary_home) == [__version__]


def test_a_command_that_makes_a_home_notes_itself(
    temporary_home: Path, simple_npz: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["collection"]) == 0
    assert noted(temporary_home) == [__version__]


def test_a_newer_home_is_said_and_left_alone(temporary_home: Path, capsys: commands.Captured) -> None:
    temporary_home.mkdir()
    content = json.dumps({"format": 2, "releases": {"0.9.0": "2027"}})
    (temporary_home / "home.json").write_text(content)
    with pytest.raises(NewerError, match="belongs to a newer Digit Lab"):
        home_record.use()
    said = commands.refusal(capsys, 2, "collection")
    assert said == f"{SENTENCE} The file is {temporary_home / 'home.json'}."
    assert commands.refusal(capsys, 2, "engine").startswith(SENTENCE)
    assert [path.name for path in temporary_home.iterdir()] == ["home.json"]
    assert (temporary_home / "home.json").read_text() == content


def test_a_record_that_cannot_be_read_now_is_left_alone(temporary_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary_home.mkdir()
    (temporary_home / "home.json").write_text(json.dumps({"format": 2}))
    written: list[Path] = []
    monkeypatch.setattr(home_record.HomeRecord, "save", lambda record, path: written.append(path))
    with no_more_files():
        home_record.use()
    assert not written
    with pytest.raises(NewerError):
        home_record.use()
