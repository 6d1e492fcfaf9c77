"""Pages show what an older home holds; what a newer lab wrote is called newer, not damaged, and stays as it is."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.cli import main
from mnist_core.files.records import NewerError
from mnist_core.runs import run_folders
from mnist_core.runs.run_label import RunLabel
from tests.pages.conftest import OpenPage, said
from tests.support.homes import LATEST, WHOLE, made_newer, run_named, settle_in

WRONG = ("damaged", "incomplete", "newer Digit Lab", "not readable", "cannot be read", "no longer")
SHOWN = {
    "start": "",
    "explore": "3 drawings, ",
    "train": "Our first",
    "sweep": "2 of 2",
    "evaluate": "Suspect labels",
    "draw": "Our first",
    "models": "A network of one layer.",
}


def address(home: Path, name: str) -> dict[str, str]:
    if name in ("train", "evaluate", "draw", "models"):
        return {"run": run_named(home, "Our first")}
    if name == "sweep":
        return {"sweep": next(home.glob("sweeps/*")).name}
    return {"data": "digits-8x8"} if name == "explore" else {}


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("release", WHOLE)
def test_each_page_shows_an_older_home(open_page: OpenPage, temporary_home: Path, release: str, name: str) -> None:
    settle_in(release, temporary_home)
    page = open_page(name, **address(temporary_home, name))
    words = said(page) + "".join(str(box.options) for box in page.selectbox) + "".join(tab.label for tab in page.tabs)
    words += "".join(str(table.value.to_dict()) for table in page.dataframe)
    words += "".join(text.value for text in page.text)
    assert SHOWN[name] in words
    assert not [word for word in WRONG if word in words]


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("home.json", "start"),
        ("collection.sqlite", "explore"),
        ("runs/*/config.json", "train"),
        ("runs/*/status.json", "train"),
        ("runs/*/evaluation.npz", "evaluate"),
        ("runs/*/calibration.json", "evaluate"),
        ("runs/*/replay.npz", "train"),
        ("runs/*/pins.npz", "train"),
        ("sweeps/*/sweep.json", "sweep"),
        ("recipes/*.json", "train"),
        ("notes/*.json", "evaluate"),
    ],
)
def test_what_a_newer_lab_wrote_is_not_called_damaged(
    open_page: OpenPage, temporary_home: Path, pattern: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settle_in(LATEST, temporary_home)
    query = address(temporary_home, name)
    if pattern.startswith("notes"):
        query["tab"] = "Suspect labels"
    before = made_newer(temporary_home, pattern)
    words = said(open_page(name, **query))
    main(["runs"])
    main(["evaluate", query.get("run", "best")])
    printed = "".join(capsys.readouterr())
    assert "newer Digit Lab" in words or "newer lab" in words, words
    assert not [word for word in ("damaged", "incomplete", "Delete it", "delete the") if word in words + printed]
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("name", ["label.json", "control.json", "learning_rates.json"])
def test_what_a_newer_lab_added_to_a_run_is_left_alone(open_page: OpenPage, temporary_home: Path, name: str) -> None:
    settle_in(LATEST, temporary_home)
    run = run_folders.find(run_named(temporary_home, "Our first"))
    before = made_newer(temporary_home, f"runs/*/{name}")
    for page in ("train", "models"):
        words = said(open_page(page, run=run.id))
        assert "Recipe quick on Digits 8×8" in words or "Done in" in words
        assert "damaged" not in words and "incomplete" not in words
    changes: list[Callable[[], object]] = [
        lambda: run.write_label(RunLabel("Another"), by=COMMAND_LINE),
        lambda: run.request("stop", by=COMMAND_LINE),
        lambda: run.write_rate_changes([(1, 0.1)]),
    ]
    for change in changes:
        with contextlib.suppress(NewerError):
            change()
    assert {path: path.read_bytes() for path in before} == before
