import dataclasses
import gc
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import environment
from mnist_core.config.network import parse_network
from mnist_core.config.recipes import RECIPES
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from mnist_core.training import loop
from mnist_core.ui import frame
from tests.conftest import PretendedEngine, simple_strokes
from tests.pages.conftest import OpenPage, checked, said, told

NAMES = ("start", "explore", "train", "sweep", "evaluate", "draw", "models", "class", "join")
TINY = TrainConfig(
    "quick", parse_network("conv:8:5:relu,maxpool:4,flatten,dense:10:softmax"), epochs=2, learning_rate=0.01
)


def trained(dataset: Dataset, path: Path) -> Run:
    dataset = dataclasses.replace(dataset, name=str(path))
    run = run_folders.create(TINY, dataset.reference())
    assert loop.train(TINY, dataset, run).state == "done"
    return run


@pytest.mark.parametrize("name", NAMES)
def test_without_network_and_mnist_every_page_works_and_says_so(open_page: OpenPage, name: str) -> None:
    words = said(open_page(name))
    if name == "start":
        assert "MNIST is not on this machine" in words
    if name == "explore":
        assert "bundled with scikit-learn" in words
    if name == "evaluate":
        assert "images of this test set are not on this machine" in words


@pytest.mark.parametrize("name", NAMES)
def test_without_any_model_every_page_says_what_to_do(
    open_page: OpenPage, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(environment, "PRETRAINED", tmp_path / "none")
    words = said(open_page(name))
    if name in ("start", "evaluate", "draw", "models"):
        assert "No model yet. Train one on the Train page (about 30 s)." in words


def test_missing_mnist_offers_the_download(open_page: OpenPage) -> None:
    page = open_page("explore", data="mnist")
    assert "MNIST is not on this machine" in said(page)
    assert [button.label for button in page.button] == ["Download MNIST (11 MB)"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("label,pixel0\n1,2\n", "train.csv has too few cells"),
        (
            "label," + ",".join(f"pixel{i}" for i in range(784)) + "\n3," + ",".join(["0"] * 783) + ",ink\n",
            "Line 2 of train.csv holds 'ink' in column pixel783",
        ),
    ],
)
@pytest.mark.parametrize("name", ["explore", "train"])
def test_bad_data_gets_its_sentence(
    open_page: OpenPage, tmp_path: Path, name: str, content: str, sentence: str
) -> None:
    (tmp_path / "train.csv").write_text(content)
    page = open_page(name, data=str(tmp_path / "train.csv"))
    assert sentence in said(page)
    if name == "train":
        assert page.button[-1].label == "Start" and page.button[-1].disabled


def metric(page: Any, label: str) -> str:
    return str(next(metric.value for metric in page.metric if metric.label == label))


def test_draw_answers_what_the_canvas_sends(open_page: OpenPage) -> None:
    page = open_page("draw")
    assert told(page, "digit")[0] == "–" and "Nothing drawn yet." in said(page)
    path = [[("M", "L")[i > 0], *point] for i, point in enumerate((simple_strokes(2)[0] * 3).tolist())]
    page.session_state["canvas-0"] = {
        "drawing": {"raw": {"objects": [{"path": path}]}, "data": None},
        "backgroundFit": None,
    }
    checked(page.run())
    assert told(page, "digit")[0] == "2"


def test_undo_and_clear_take_strokes_back(open_page: OpenPage) -> None:
    page = open_page("draw")
    one, two = ({"path": [["M", x, 50], ["L", x, 200]]} for x in (80, 200))
    page.session_state["canvas-0"] = {"drawing": {"raw": {"objects": [one, two]}, "data": None}, "backgroundFit": None}
    checked(page.run())
    checked(next(button for button in page.button if button.label == "Undo").click().run())
    assert page.session_state["drawing"] == {"objects": [one]} and told(page, "digit")[0] == "1"
    checked(next(button for button in page.button if button.label == "Clear").click().run())
    assert page.session_state["drawing"] == {"objects": []} and told(page, "digit")[0] == "–"


def test_train_shows_a_failed_run_with_its_reason(open_page: OpenPage) -> None:
    run = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    run.write_status(Status("failed", "other", details={"text": "The loss is no number any more."}))
    page = open_page("train", run=run.id)
    assert [error.value for error in page.error] == ["The loss is no number any more."]


def test_train_says_why_a_network_cannot_be_built(open_page: OpenPage) -> None:
    page = open_page("train", network="maxpool:9,maxpool:9,flatten,dense:10:softmax")
    assert "the second pooling leaves 0×0 pixels" in said(page)


def test_train_puts_a_changed_setting_into_the_address(open_page: OpenPage) -> None:
    page = open_page("train", recipe="simple-cnn")
    assert page.query_params.get("epochs") is None
    next(number for number in page.number_input if number.label == "Epochs").set_value(7)
    checked(page.run())
    assert page.query_params["epochs"] == "7" and page.query_params["recipe"] == "simple-cnn"


def test_start_creates_a_run_with_what_is_set(open_page: OpenPage, engine: PretendedEngine) -> None:
    page = open_page("train", data="digits-8x8", recipe="simple-cnn", epochs="3", seed="9")
    next(button for button in page.button if button.label == "Start").click()
    checked(page.run())
    (run,) = run_folders.all_runs()
    assert [task.argument for task in engine.tasks] == [str(run.folder)]
    assert run.config() == dataclasses.replace(RECIPES["simple-cnn"].config, epochs=3, seed=9)
    assert run.description().dataset["name"] == "digits-8x8"
    assert page.query_params["run"] == run.id and "Next in the queue" in said(page)


def test_a_trained_run_is_judged_listed_and_deleted(
    open_page: OpenPage, simple_dataset: Dataset, simple_npz: Path
) -> None:
    run = trained(simple_dataset, simple_npz)
    page = open_page("evaluate", run=run.id)
    assert metric(page, "Test accuracy") == f"{100 * run.status().test_accuracy:.2f} %"
    simple_npz.unlink()
    assert "are not on this machine" in said(open_page("evaluate", run=run.id))

    models = open_page("models", run=run.id)
    assert "Recipe quick on simple.npz: 2 of 2 epochs" in said(models)
    next(button for button in models.button if button.label == "Delete it").click()
    checked(models.run())
    assert not run.folder.exists()


def test_half_written_and_damaged_folders_do_no_harm(open_page: OpenPage, temporary_home: Path) -> None:
    folder = temporary_home / "runs"
    (folder / "empty").mkdir(parents=True)
    damaged = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    (damaged.folder / "config.json").write_text(json.dumps({"config": 5, "dataset": [], "created": "now"}))
    shutil.copytree(environment.PRETRAINED / "best", folder / "broken")
    for name in ("model.tflite", "evaluation.npz"):
        (folder / "broken" / name).write_bytes(b"nothing")
    for name in NAMES:
        open_page(name)
        for run in ("empty", damaged.id, "broken"):
            page = open_page(name, run=run)
            if name == "models":
                assert "Delete it" in [button.label for button in page.button]


def test_a_link_with_markdown_shows_no_picture(open_page: OpenPage) -> None:
    page = open_page("train", recipe="![a](http://example.org/x.png)")
    assert "\\[a\\](http" in page.warning[0].value


def test_data_with_an_endless_name_gets_its_sentence(open_page: OpenPage) -> None:
    assert "There is no data at" in said(open_page("explore", data="/" + "x" * 5000))


def test_a_reload_shows_the_other_data_again(open_page: OpenPage) -> None:
    page = open_page("evaluate", data="digits-8x8")
    assert metric(page, "Wrong").endswith("of 360")


def test_little_data_asks_for_more_epochs(open_page: OpenPage) -> None:
    assert "These settings make only 3 steps" in said(open_page("train", data="digits-8x8"))


def test_a_link_to_a_run_that_is_not_here_says_so(open_page: OpenPage) -> None:
    for name in ("train", "models", "evaluate", "draw"):
        assert "'nowhere'" in said(open_page(name, run="nowhere"))


def test_other_samples_begin_at_their_first_page(open_page: OpenPage) -> None:
    page = open_page("explore", data="digits-8x8")
    digit = next(box for box in page.selectbox if box.label == "Digit")
    digit.set_value(1)
    checked(page.run())
    leaf = next(number for number in page.number_input if number.label.startswith("Page (of"))
    label = leaf.label
    leaf.set_value(2)
    checked(page.run())
    next(box for box in page.selectbox if box.label == "Digit").set_value(2)
    checked(page.run())
    leaf = next(number for number in page.number_input if number.label.startswith("Page (of"))
    assert (leaf.label, leaf.value) == (label, 1)


def test_a_process_is_set_up_by_its_first_page_alone(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen: list[bool] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(True))
    frame.set_up_process.cache_clear()
    open_page("start")
    open_page("models")
    assert frozen == [True]


def test_a_level_of_the_log_that_there_is_not_is_told_and_the_page_goes_on(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_LOG", "loud")
    frame.set_up_process.cache_clear()
    page = open_page("start")
    assert "MNIST\\_LOG is 'loud'" in page.warning[0].value
    assert page.title[0].value == "Digit Lab"


def test_what_goes_wrong_in_a_fragment_is_told_in_words() -> None:
    def script() -> None:
        from mnist_core.errors import InputError
        from mnist_core.ui.frame import fragment

        @fragment
        def part() -> None:
            raise InputError("The file 'a_b' is not here.")

        part()

    page = checked(AppTest.from_function(script).run())
    assert [warning.value for warning in page.warning] == ["The file 'a\\_b' is not here."]


@pytest.mark.parametrize("name", ["explore", "train", "evaluate"])
def test_a_damaged_mnist_is_not_called_missing(open_page: OpenPage, temporary_home: Path, name: str) -> None:
    damaged = temporary_home / "data" / "mnist.npz"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"PK cut off")
    page = open_page(name, **({"run": "best"} if name == "evaluate" else {"data": "mnist"}))
    assert "MNIST lies in the lab's home folder, but is damaged (" in said(page)
    assert str(temporary_home) not in said(page)
    buttons = [button.label for button in page.button if button.key == "download-mnist"]
    assert buttons == ([] if name == "evaluate" else ["Download MNIST again (11 MB)"])


def test_a_presentation_is_kept_until_it_is_ended_and_folds_the_form(open_page: OpenPage) -> None:
    page = open_page("train", present="1")
    assert "Next run" in [one.label for one in page.expander]
    del page.query_params["present"]  # as a link to another page does
    page = checked(page.switch_page("pages/models.py").run())
    assert page.query_params["present"] == "1"
    page = checked(page.toggle(key="present-switch").set_value(False).run())
    assert "present" not in page.query_params
    page = checked(page.switch_page("pages/train.py").run())
    assert "present" not in page.query_params and "Next run" not in [one.label for one in page.expander]
