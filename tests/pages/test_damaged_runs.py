"""A damaged run is one row of each page's lists; the pages and the other runs are there for everybody."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_core import environment
from mnist_core.runs import run_folders
from tests.pages.conftest import OpenPage, listed_runs, said, told


def write(name: str, content: object) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(json.dumps(content))


def no_file(name: str) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return damage


def loop(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "status.json").symlink_to(folder / "status.json")


def nothing(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a status of a wrong type": write("status.json", [1, 2]),
    "numbers that are words": write("status.json", {"state": "done", "epoch": "three", "heartbeat": 1.0}),
    "a number without end": write("status.json", {"state": "done", "seconds": 10**400, "heartbeat": 1.0}),
    "a negative epoch": write("status.json", {"state": "running", "epoch": -3, "epochs": 2, "steps": 1}),
    "settings of a wrong type": write("config.json", {"config": 5, "dataset": [], "created": "now"}),
    "a moment that cannot be": write("config.json", {"config": {}, "dataset": {}, "created": 1e30}),
    "curves of words": lambda folder: (folder / "metrics.csv").write_bytes(b"epoch,loss\n\x00,x\n"),
    "a folder in a model's place": no_file("model.tflite"),
    "a folder in an evaluation's place": no_file("evaluation.npz"),
    "a folder in a card's place": no_file("README.md"),
    "a link to itself": loop,
    "nothing": nothing,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_page_shows_the_others(open_page: OpenPage, temporary_home: Path, damage: str) -> None:
    for name in ("damaged", "sound"):
        shutil.copytree(environment.PRETRAINED / "best", temporary_home / "runs" / name)
    DAMAGES[damage](temporary_home / "runs" / "damaged")
    assert {run.id for run in run_folders.all_runs()} == {"damaged", "sound"}
    for page in ("start", "train", "evaluate", "draw", "models", "sweep"):
        for query in ({}, {"run": "damaged"}):
            if page == "start" and query:
                continue
            shown = open_page(page, **query)
            assert str(temporary_home) not in said(shown)
            if page in ("train", "models"):
                assert {"damaged", "sound"} <= listed_runs(shown).keys()
            if page == "draw" and not query:
                assert told(shown, "digit")
