"""The Models page without a browser: names, deletion and undo, downloads, imports."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.files import sandbox
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders, trash
from mnist_core.runs.run import BATCHES, Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.runs.status import Status
from mnist_core.sharing import exporting, tensorflow_tasks
from tests.hostile import models as hostile_models
from tests.pages.conftest import OpenPage, checked, listed_runs, run_list, said

PICTURE = "![x](http://example.org/x.png)"


def new_run() -> Run:
    run = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    run.write_status(Status("done", epoch=2, epochs=2, test_accuracy=0.9))
    return run


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click()
    return checked(page.run())


def elements(page: AppTest, kind: str) -> list[Any]:
    return list(page.get(kind))


def upload(page: AppTest, name: str, content: bytes) -> AppTest:
    elements(page, "file_uploader")[0].set_value((name, content, "application/octet-stream"))
    return press(checked(page.run()), "Import")


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def test_a_run_is_named_and_noted_and_what_is_typed_stays_text(open_page: OpenPage) -> None:
    run = new_run()
    page = open_page("models", run=run.id)
    assert "Name and note" not in said(page)
    run.write_label(RunLabel(PICTURE, f"Why so {PICTURE}?"), by=COMMAND_LINE)
    page = open_page("models", run=run.id)
    headings = [heading.value for heading in page.header]
    assert any(heading.startswith("!\\[x\\](http:\u2060//example.org/x.png) (90.00 %)") for heading in headings)
    assert [text.value for text in page.text] == [f"Why so {PICTURE}?"]
    assert "![x]" not in said(page)
    assert not page.dataframe and "<img" not in run_list(page) and "![x](http://example.org/x.png)" in run_list(page)


def test_a_deleted_run_comes_back_by_undo_and_from_the_list(open_page: OpenPage) -> None:
    run, other = new_run(), new_run()
    page = press(open_page("models", run=run.id), "Delete it")
    assert [one.id for one in run_folders.all_runs()] == [other.id] and "is deleted." in said(page)
    assert "run" not in page.query_params
    checked(page.run())
    assert "Undo" in labels(page)
    press(page, "Undo")
    assert len(run_folders.all_runs()) == 2 and "Undo" not in labels(page) and page.query_params["run"] == run.id

    press(page, "Delete it")
    press(page, "Dismiss")
    assert "Undo" not in labels(page) and "7 days left" in said(page)
    press(page, "Restore")
    assert len(run_folders.all_runs()) == 2 and trash.all_deleted() == []

    press(page, "Delete it")
    press(page, "Delete for good")
    assert [one.id for one in run_folders.all_runs()] == [other.id] and trash.all_deleted() == []
    assert "Undo" not in labels(page)


def test_the_list_marks_the_model_that_is_shown_and_other_pages_show_it_too(open_page: OpenPage) -> None:
    first, second = new_run(), new_run()
    page = open_page("models", run=second.id)
    assert listed_runs(page) == {"best": False, first.id: False, second.id: True}
    assert page.session_state["run"] == second.id  # Evaluate and Draw ask for it


def test_a_run_under_training_is_not_deleted(open_page: OpenPage) -> None:
    run = new_run()
    page = open_page("models", run=run.id)
    with run.lock():
        press(page, "Delete it")
    assert run.folder.exists() and "stop it first" in said(page)


def test_the_shipped_model_is_only_downloaded(open_page: OpenPage) -> None:
    page = open_page("models", run="best")
    assert "Delete it" not in labels(page) and {"Make ONNX", "Make package"} <= {*labels(page)}
    assert [button.label.split(" (")[0] for button in elements(page, "download_button")] == [
        "Keras",
        "LiteRT",
        "Web page",
        "Capsule",
        "Notebook",
    ]
    for one in exporting.FORMATS.values():
        assert one.purpose in said(page)
    assert [code.value.count("/ 255") for code in page.code] == [1, 1, 1]


def test_onnx_is_offered_once_it_is_made(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(task: Callable[..., Any], arguments: dict[str, Any], *_: Any) -> None:
        assert task is tensorflow_tasks.write_onnx
        Path(arguments["onnx_path"]).write_bytes(b"onnx")

    monkeypatch.setattr(sandbox, "run", made)
    page = press(open_page("models", run="best"), "Make ONNX")
    assert "Make ONNX" not in labels(page)
    assert {"ONNX (0 kB)", "Package"} <= {button.label for button in elements(page, "download_button")}


def test_a_file_that_is_no_model_gets_its_sentence(open_page: OpenPage) -> None:
    page = upload(open_page("models"), "holiday.keras", b"\x89PNG\r\n\x1a\n")
    assert "holiday.keras is a PNG picture, not a model" in page.warning[0].value
    assert run_folders.all_runs() == [] and elements(page, "status")[0].state == "error"


@pytest.fixture
def no_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the shipped model for the one that an import builds: any does, for what it reads is measured.

    The Keras file, from which a model is made anew, is that of the imported network's layers.
    """
    real = sandbox.run

    def run(task: Callable[..., Any], arguments: dict[str, Any], *rest: Any) -> Any:
        if task is not tensorflow_tasks.build_files:
            return real(task, arguments, *rest)
        shipped, folder = run_folders.find("best"), Path(arguments["folder"])
        (folder / shipped.model_path.name).write_bytes(shipped.model_path.read_bytes())
        (folder / shipped.keras_path.name).write_bytes(hostile_models.sound_keras())
        return None

    monkeypatch.setattr(sandbox, "run", run)


@pytest.mark.usefixtures("no_tensorflow")
def test_an_import_is_shown_with_what_it_claims_and_reads(open_page: OpenPage) -> None:
    card = hostile_models.capsule(card=PICTURE.encode())
    page = upload(open_page("models"), "ada.capsule", card)
    (imported,) = run_folders.all_runs()
    assert page.query_params["run"] == imported.id and imported.label().name == "Ada's"
    assert imported.owner, "it belongs to the browser that brought it in"
    words = page.success[0].value
    assert words.startswith("Ada's (") and "95.00 % on Letters, which cannot be read on this" in words
    assert status_words.sentence(imported.status()) in said(page)
    assert PICTURE in [text.value for text in page.text] and "![x]" not in said(page)
    assert elements(page, "file_uploader")[0].value is None
    for name in ("evaluate", "draw", "train"):
        open_page(name, run=imported.id)
    assert zipfile.ZipFile(io.BytesIO(exporting.content(imported, ".capsule"))).testzip() is None


@pytest.mark.usefixtures("no_tensorflow")
def test_what_an_import_expects_is_shown_and_chosen_anew(open_page: OpenPage) -> None:
    page = upload(open_page("models"), "acc_98.keras", hostile_models.sound_keras())
    (first,) = run_folders.all_runs()
    owner = first.owner
    assert "Its name claims 98.00 %" in page.success[0].value
    table = next(text.value for text in page.markdown if text.value.startswith("| Reads right | With |"))
    shares = [float(share) for share in re.findall(r"^\| ([\d.]+)\s%", table, re.MULTILINE)]
    assert len(shares) >= 16 and shares == sorted(shares, reverse=True) and table.count("(taken)") == 1
    choice = next(box for box in page.selectbox if box.label == "Give it")
    swapped = "pictures with rows and columns swapped:"
    choice.select(next(option for option in choice.options if option.startswith(swapped)))
    page = press(checked(page.run()), "Make it so")
    (second,) = run_folders.all_runs()
    assert page.query_params["run"] == second.id and second.id != first.id and second.owner == owner
    imported = second.description().imported
    assert imported and imported.transposed and imported.chosen
    assert "As somebody chose, it is given pictures with rows and columns swapped" in page.success[0].value
    assert [run.id for run in trash.all_deleted()] == [first.id]


@pytest.mark.usefixtures("no_tensorflow")
def test_the_curves_of_an_import_may_hold_the_most_that_is_taken(open_page: OpenPage) -> None:
    tables = {
        "metrics.csv": hostile_models.metrics_csv("0,-1e9,0,-1e9,0,-1e9,-1e9", "1000,1e9,1,1e9,1,1e9,1e9"),
        "batches.csv": ",".join(BATCHES) + "\n0,-1e9,0\n1000,1e9,1\n",
    }
    page = upload(open_page("models"), "ada.capsule", hostile_models.capsule(tables=tables))
    (imported,) = run_folders.all_runs()
    assert imported.metrics()["epoch"] == imported.batches()["epoch"] == [0.0, 1000.0]
    page = open_page("evaluate", run=imported.id)
    page.session_state["tab"] = "Training"
    checked(page.run())
    words = said(page)
    assert "Accuracy by epoch: training (solid) 100.00 %" in words and "validation (dashed) 100.00 %." in words
