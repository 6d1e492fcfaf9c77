"""Pinning digits on Draw, Explore and Evaluate; what the Train page's views make of them."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.recipes import RECIPES
from mnist_core.data.dataset import Dataset
from mnist_core.preprocessing.canvas import to_canvas
from mnist_core.runs import run_folders
from mnist_core.runs.run import METRICS, Run
from mnist_core.runs.status import Status
from mnist_core.training import pins
from mnist_core.training.pins import MOST_PINS, UNKNOWN, Pins, pin_name
from mnist_core.training.replay import Replay
from tests.conftest import simple_images, simple_strokes
from tests.pages.conftest import OpenPage, checked, said

IMAGES, LABELS = simple_images(MOST_PINS + 1, 7)


@pytest.fixture(autouse=True)
def one_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """All pages of a test are opened by the same person."""
    monkeypatch.setattr("mnist_core.ui.pins.owner", lambda: "me")


def mine() -> Pins:
    return Pins.load(pins.path_of("me"))


def pin_some(number: int, label: int | None = None) -> Pins:
    kept = Pins.none()
    for image, digit in zip(IMAGES[:number], LABELS[:number], strict=True):
        kept = kept.with_pin(image, int(digit) if label is None else label, pin_name("drawn", image))
    path = pins.path_of("me")
    path.parent.mkdir(parents=True, exist_ok=True)
    kept.save(path)
    return kept


def a_run(state: str = "running", owner: str = "me") -> Run:
    run = run_folders.create(
        dataclasses.replace(RECIPES["quick"].config, epochs=3),
        {"name": "digits-8x8", "identity": "0", "title": "digits-8x8"},
        about={"owner": owner},
    )
    run.write_status(Status(state, epochs=3))
    return run


def replayed(run: Run, kept: Pins, answers: list[list[int]]) -> None:
    """Leaves what a trainer leaves: in each epoch, what each pinned digit is taken for."""
    kept.save(run.pins_path)
    replay = Replay.none()
    for number, digits in enumerate(answers, 1):
        confusion = 10 * np.eye(10, dtype=np.int64)
        confusion[4, 9] = 10 // number
        replay = replay.with_epoch(confusion, kept.names, 0.91 * np.eye(10)[digits])
    replay.save(run.replay_path)
    epochs = [float(epoch) for epoch in range(1, len(answers) + 1)]
    run.write_metrics(dict.fromkeys(METRICS, epochs))
    run.write_batches({"epoch": epochs, "loss": epochs, "accuracy": epochs})


def view(name: str, run: Run) -> AppTest:
    """Opens one of the Train page's views by itself."""
    place = {"show_pins": "pins", "show_replay": "train.replay"}[name]
    script = (
        "from mnist_core.runs import run_folders\n"
        f"from mnist_core.ui.{place} import {name}\n"
        f"{name}(run_folders.find({run.id!r}))"
    )
    return checked(AppTest.from_string(script, default_timeout=30).run())


def button(page: AppTest, label: str) -> Any:
    return next(button for button in page.button if button.label == label)


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def enlarged(page: AppTest, number: int) -> AppTest:
    """Opens one picture of the Explore page, where it can be pinned."""
    next(field for field in page.number_input if field.label.startswith("Picture (0 to ")).set_value(number)
    return checked(page.run())


def html(page: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in page.get("html"))


# --- Pinning -----------------------------------------------------------------------------------------------------


def test_a_drawing_is_pinned_takes_the_digit_that_its_writer_says_and_is_unpinned(open_page: OpenPage) -> None:
    page = open_page("draw")
    assert "Pin this digit" not in labels(page)
    drawing = {"raw": {"objects": to_canvas([3 * stroke for stroke in simple_strokes(7)])}, "data": None}
    page.session_state["canvas-0"] = {"drawing": drawing, "backgroundFit": None}
    checked(page.run())
    button(page, "Pin this digit").click()
    checked(page.run())
    (name,) = mine().names
    assert name.startswith("drawn-") and mine().labels.tolist() == [UNKNOWN]
    assert "Pinned. Train shows" in said(page)
    next(group for group in page.button_group if group.label == "It was a …").set_value(7)
    checked(page.run())
    assert mine().labels.tolist() == [7]
    button(page, "Unpin").click()
    checked(page.run())
    assert not len(mine()) and "Pin this digit" in labels(page)


def test_an_image_of_the_data_is_pinned_with_its_label(
    open_page: OpenPage, simple_dataset: Dataset, simple_npz: Path
) -> None:
    page = enlarged(open_page("explore", data=str(simple_npz)), 13)
    button(page, "Pin this digit").click()
    checked(page.run())
    np.testing.assert_array_equal(mine().images, simple_dataset.train_images[[13]])
    assert mine().labels.tolist() == [3] and mine().names[0].startswith("train-13-")
    enlarged(page, 14)
    assert "Pin this digit" in labels(page)


def test_a_mistake_is_pinned_on_evaluate(open_page: OpenPage) -> None:
    page = open_page("evaluate", data="digits-8x8")
    box = next(box for box in page.selectbox if box.label == "Look closer at")
    assert "read as" in box.options[1]
    box.select_index(1)
    checked(page.run())
    button(page, "Pin this digit").click()
    checked(page.run())
    (name,) = mine().names
    assert f"#{name.split('-')[1]} is {mine().labels[0]}, read as" in box.options[1]


def test_no_more_than_the_most_are_offered(open_page: OpenPage, simple_npz: Path) -> None:
    pin_some(MOST_PINS)
    page = enlarged(open_page("explore", data=str(simple_npz)), 13)
    assert button(page, "Pin this digit").disabled


def test_pins_reach_the_runs_of_this_browser_that_go_on(
    open_page: OpenPage, simple_npz: Path, temporary_home: Path
) -> None:
    reached = [a_run("running"), a_run("queued"), a_run("paused")]
    others = [a_run("done"), a_run("running", owner="somebody")]
    (temporary_home / "runs" / "half-written").mkdir()
    page = enlarged(open_page("explore", data=str(simple_npz)), 13)
    button(page, "Pin this digit").click()
    checked(page.run())
    assert [Pins.load(run.pins_path).names for run in reached] == 3 * [mine().names]
    assert not any(run.pins_path.exists() for run in others)


def test_a_home_that_cannot_be_written_gets_its_sentence(
    open_page: OpenPage, simple_npz: Path, temporary_home: Path
) -> None:
    page = enlarged(open_page("explore", data=str(simple_npz)), 13)
    temporary_home.mkdir(exist_ok=True)
    (temporary_home / "pins").write_text("a file where a folder should be")
    button(page, "Pin this digit").click()
    checked(page.run())
    assert "The pinned digits cannot be written" in said(page)


# --- While it learns ---------------------------------------------------------------------------------------------


def test_without_pins_the_train_page_says_how_to_pin() -> None:
    assert "on Draw, Explore or Evaluate. Then watch here" in said(view("show_pins", a_run()))


def test_own_pins_wait_for_the_next_run_where_this_one_has_none() -> None:
    pin_some(2)
    assert "Your next one will." in said(view("show_pins", a_run("done")))


def test_the_strip_says_what_each_digit_is_taken_for() -> None:
    run, kept = a_run(), pin_some(3)
    kept.save(run.pins_path)
    assert "at the start, and again after each epoch" in said(view("show_pins", run))
    replayed(run, kept, [[9, 9, 9], [0, 1, 7]])
    page = view("show_pins", run)
    assert "After epoch 2: 2 of 3 pinned digits are read right." in said(page)
    shown = html(page)
    assert shown.count("✓ right") == 2 and "✗ wrong: 7, 91\u00a0%, but it is 2" in shown
    assert 'alt="Probability of 0 by epoch: –, 0 %, 91 %"' in shown, "an older run has no epoch 0"


def test_a_digit_is_unpinned_on_the_train_page() -> None:
    run, kept = a_run(), pin_some(3)
    kept.save(run.pins_path)
    page = view("show_pins", run)
    assert not page.button
    page.session_state["own-pins"] = True
    checked(page.run())
    page.button[1].click()
    checked(page.run())
    assert mine().names == (kept.names[0], kept.names[2]) == Pins.load(run.pins_path).names


# --- The replay --------------------------------------------------------------------------------------------------


def replay_of(run: Run) -> AppTest:
    page = view("show_replay", run)
    assert not page.get("vega_lite_chart") and not page.slider
    page.session_state[f"replay-{run.id}"] = True
    return checked(page.run())


def test_the_slider_shows_each_epoch() -> None:
    run, kept = a_run("done"), pin_some(2)
    replayed(run, kept, [[9, 9], [0, 9], [0, 1]])
    page = replay_of(run)
    (slider,) = page.slider
    assert (slider.min, slider.max, slider.value) == (1, 3, 3)
    for epoch, right, mistakes in ((3, 2, "3 times"), (2, 1, "5 times"), (1, 0, "10 times")):
        slider.set_value(epoch)
        checked(page.run())
        words = said(page)
        assert f"After epoch {epoch}: {right} of 2 pinned digits are read right." in words
        assert f"most often 4 read as 9 ({mistakes})" in words
        assert f"After epoch {epoch} of 3: training loss {epoch}.0000" in words
        (slider,) = page.slider


def test_the_slider_begins_with_the_network_that_only_guesses() -> None:
    run, kept = a_run("done"), pin_some(1)
    kept.save(run.pins_path)
    begun = Replay.none().with_start(np.full((10, 10), 6), kept.names, 0.2 * np.eye(10)[[3]])
    begun.save(run.replay_path)
    run.write_checks({"epoch": [0.0], "val_loss": [2.31], "val_accuracy": [0.1]})
    page = replay_of(run)
    assert not page.slider, "there is one place yet"
    assert "the network only guesses, and 10.0 % are right by chance" in said(page)
    begun.with_epoch(60 * np.eye(10), kept.names, np.eye(10)[[0]]).save(run.replay_path)
    run.write_metrics({name: [1.0] for name in METRICS})
    page = replay_of(run)
    (slider,) = page.slider
    assert (slider.min, slider.max, slider.value) == (0, 1, 1)
    words = said(checked(slider.set_value(0).run()))
    assert "Before training: 0 of 1 pinned digits are read right." in words
    assert "Before training: validation loss 2.3100." in words


def test_one_epoch_needs_no_slider_and_no_pins() -> None:
    run = a_run()
    replayed(run, Pins.none(), [[]])
    page = replay_of(run)
    assert not page.slider and "After epoch 1: 90.9 % right, most often 4 read as 9 (10 times)." in said(page)
    assert not page.get("html")


@pytest.mark.parametrize("which", ["new", "shipped", "damaged"])
def test_a_run_without_a_replay_says_so(which: str) -> None:
    run = run_folders.find(run_folders.SHIPPED_MODEL) if which == "shipped" else a_run("done")
    if which == "damaged":
        run.replay_path.write_bytes(b"nothing")
    assert "left nothing to look back at" in said(replay_of(run))
