"""A page reads what the lab shares, and tells nothing of any other file of its server."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mnist_core import environment
from mnist_core.runs import run_folders
from tests.support.visitors import come_from, press, pretended_engine, said, visit

SECRET = "password=hunter2"
# A name that each reader of data takes for its own.
NAMES = ("secret.csv", "secret.npz", "secret.jsonl", "secret.zip", "secret-idx3-ubyte", "secret")


@pytest.fixture(autouse=True)
def _a_visitor(monkeypatch: pytest.MonkeyPatch, temporary_home: Path) -> None:
    come_from(monkeypatch)
    pretended_engine(monkeypatch)
    (temporary_home / "data").mkdir(parents=True)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of the server that the lab does not share."""
    folder = tmp_path / "outside"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_text(f"{SECRET}\n")
    (folder / "folder-idx").mkdir()
    return folder


def explore(name: str) -> str:
    return said(visit("explore", data=name))


def train(name: str) -> str:
    return said(visit("train", data=name))


def sweep(name: str) -> str:
    return said(visit("sweep", data=name))


def judge(name: str) -> str:
    return said(visit("evaluate", data=name))


def compare(name: str) -> str:
    return said(visit("evaluate", view="several", runs=f"best,{second_model()}", data=name))


def predict(name: str) -> str:
    return said(visit("evaluate", view="files", file=name))


def second_source(name: str) -> str:
    return said(press(visit("train", data="digits-8x8", recipe="quick", also=name), "Start"))


def second_source_of_a_sweep(name: str) -> str:
    return said(press(visit("sweep", data="digits-8x8", recipe="quick", also=name), "Start 20 trials"))


def second_model() -> str:
    """Returns the name of a copy of the shipped model, to compare it with."""
    copy = environment.home() / "runs" / "copy"
    if not copy.exists():
        shutil.copytree(run_folders.find("best").folder, copy)
    return copy.name


@pytest.mark.parametrize(
    "read", [explore, train, sweep, judge, compare, predict, second_source, second_source_of_a_sweep]
)
def test_a_page_says_the_same_of_a_file_that_is_there_and_of_one_that_is_not(
    read: Callable[[str], str], outside: Path
) -> None:
    hidden, absent = outside / "secret.csv", outside / "absent.csv"
    of_hidden, of_absent = read(str(hidden)), read(str(absent))
    assert SECRET.partition("=")[0] not in of_hidden
    assert of_hidden.replace("secret", "absent") == of_absent
    assert "data folder" in of_absent, "what may be read is said"


@pytest.mark.parametrize(
    ("read", "name"),
    [
        *((judge, name) for name in (*NAMES, "folder-idx", "../outside/secret.csv")),
        *((compare, name) for name in ("secret.zip", "folder-idx")),
    ],
)
def test_no_kind_of_file_and_no_folder_tells_itself_apart(read: Callable[[str], str], outside: Path, name: str) -> None:
    there, elsewhere = outside / name, outside.with_name("absent1") / name
    of_there, of_elsewhere = read(str(there)), read(str(elsewhere))
    assert SECRET not in of_there
    assert of_there.replace("outside", "absent1") == of_elsewhere.replace("outside", "absent1")


@pytest.mark.parametrize("name", ["../../outside/secret.csv", "link.csv", "linked/secret.csv", "x/../../../outside"])
def test_no_way_leads_out_of_the_folder(outside: Path, temporary_home: Path, name: str) -> None:
    data = temporary_home / "data"
    (data / "link.csv").symlink_to(outside / "secret.csv")
    (data / "linked").symlink_to(outside)
    words = explore(name)
    assert SECRET not in words and "password" not in words
    assert words.replace(name, "?") == explore("absent.csv").replace("absent.csv", "?")


def test_nobody_looks_at_a_path_outside(monkeypatch: pytest.MonkeyPatch, outside: Path) -> None:
    """What is never looked at takes no time that could tell of it."""
    looked: list[str] = []
    for name in ("stat", "lstat", "readlink", "open", "scandir", "listdir"):
        asked = getattr(os, name)

        def noted(path: object, *rest: object, asked: Callable[..., object] = asked, **options: object) -> object:
            looked.append(str(path))
            return asked(path, *rest, **options)

        monkeypatch.setattr(os, name, noted)
    for read in (explore, judge, compare, predict, second_source):
        read(str(outside / "secret.csv"))
    assert [path for path in looked if path.startswith(str(outside))] == []
    assert looked


def test_what_the_lab_shares_is_read_by_its_name(temporary_home: Path, simple_npz: Path) -> None:
    kept = temporary_home / "data" / "class" / "ours.npz"
    kept.parent.mkdir()
    simple_npz.rename(kept)
    for name in ("class/ours.npz", str(kept)):
        words = explore(name)
        assert "600" in words and "There is no data" not in words
    page = visit("explore", data="class/ours.npz")
    assert page.query_params["data"] == "class/ours.npz", "the address shows no path of the server"


def test_a_setting_shares_more_folders(monkeypatch: pytest.MonkeyPatch, simple_npz: Path, tmp_path: Path) -> None:
    assert "There is no data" in explore(str(simple_npz))
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("MNIST_DATA_FOLDERS", os.pathsep.join([str(other), str(simple_npz.parent)]))
    assert "600" in explore(str(simple_npz)) and "600" in explore(simple_npz.name)


def test_a_run_of_the_command_line_is_judged_on_the_data_that_its_folder_names(simple_npz: Path) -> None:
    from mnist_core.data import sources
    from mnist_core.evaluation.evaluation import Evaluation
    from mnist_core.files import atomic
    from mnist_core.inference.classifier import Classifier
    from mnist_core.runs.status import Status

    data, shipped = sources.load(str(simple_npz)), run_folders.find("best")
    run = run_folders.create(shipped.config(), data.reference())
    atomic.write_bytes(run.model_path, shipped.model_path.read_bytes())
    answers = Classifier(run.model_path).probabilities(data.test_images)
    Evaluation.measure(answers, data.test_labels, data.identity).save(run.evaluation_path)
    run.write_status(Status("done", epochs=2, epoch=2))
    page = visit("evaluate", run=run.id)
    assert any("of 200" in metric.value for metric in page.metric)
    assert "not on this machine" not in said(page), "its images are shown"
    assert "There is no data" in judge(str(simple_npz)), "but a visitor names no such path"


def test_the_settings_of_a_capsule_open_no_file(outside: Path) -> None:
    from mnist_core.data import sources
    from mnist_core.runs.status import Status

    settings = run_folders.find("best").config()
    foreign = settings.from_json(settings.to_json() | {"also": str(outside / "secret.csv"), "recipe": "quick"})
    run = run_folders.create(foreign, sources.load("digits-8x8").reference())
    run.write_status(Status("done", epochs=2, epoch=2))
    page = press(visit("train", data="digits-8x8", run=run.id), "Use its settings")
    words = said(press(page, "Start"))
    assert SECRET not in words and "There is no data" in words


def test_the_same_words_for_what_no_file_system_takes() -> None:
    for name in ("x" * 5000, "\0", "~root/x.csv", "//server/share", ".", "..", "/", "\ud800"):
        words = explore(name) if "\0" not in name and "\ud800" not in name else ""
        assert "Traceback" not in words and (not words or "There is no data" in words), name


def test_a_picture_of_all_is_still_read(temporary_home: Path) -> None:
    np.savez(temporary_home / "data" / "mine.npz", x_train=np.zeros((2, 28, 28), np.uint8))
    assert "mine.npz" in explore("mine.npz")
