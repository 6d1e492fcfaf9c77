"""Somebody who is a new person whenever they like gets no more than their network address may ask for."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import environment
from mnist_core.access import quotas
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.config import recipes
from mnist_core.config.recipes import RECIPES
from mnist_core.data import uploads
from mnist_core.data.collection.store import Collection
from mnist_core.data.dataset import Dataset
from mnist_core.engine import fair_queue, submission, worker
from mnist_core.engine.sweeps import sweep_folders
from mnist_core.errors import InputError
from mnist_core.preprocessing.canvas import to_canvas
from mnist_core.runs import run_folders
from tests.conftest import PretendedEngine, simple_strokes
from tests.pages.conftest import told
from tests.support.visitors import ADDRESS, come_from, looked_at, press, pretended_engine, said, visit

OTHER_ADDRESS = "198.51.100.7"


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> PretendedEngine:
    come_from(monkeypatch)
    quotas.forget()
    return pretended_engine(monkeypatch)


def shaken(seed: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [2 * stroke + random.normal(0, 2, stroke.shape) for stroke in simple_strokes(4)]


def keep_a_drawing(seed: int) -> AppTest:
    """Draws a digit in a session of its own, and says what it is."""
    page = visit("draw")
    raw = {"objects": to_canvas(shaken(seed))}
    page.session_state["canvas-0"] = {"drawing": {"raw": raw, "data": None}, "backgroundFit": None}
    page = looked_at(page.run())
    truth = next(group for group in page.button_group if group.label == "It was a …")
    truth.set_value(4)
    return looked_at(page.run())


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_run_of_a_thousand_epochs_on_mnist_is_too_much_and_every_recipe_is_not(recipe: str) -> None:
    config = RECIPES[recipe].config
    fair_queue.check_size(config, 60_000, Actor("a", ADDRESS))
    with pytest.raises(InputError, match=r"1000 epochs of .* but this lab allows 6,000,000"):
        fair_queue.check_size(dataclasses.replace(config, epochs=1000), 60_000, Actor("a", ADDRESS))
    fair_queue.check_size(dataclasses.replace(config, epochs=1000), 60_000)


def test_what_one_run_may_ask_for_is_said_with_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "IMAGES_A_RUN", 1e6)
    page = press(visit("train", data="digits-8x8", recipe="quick", epochs="1000"), "Start")
    assert "would train on 1,365,000 images (1000 epochs of 1,365), but this lab allows 1,000,000" in said(page)
    assert run_folders.all_runs() == []
    assert page.query_params["epochs"] == "1000", "the form keeps what was set"
    come_from(monkeypatch, "")
    press(visit("train", data="digits-8x8", recipe="quick", epochs="1000"), "Start")
    assert len(run_folders.all_runs()) == 1, "at the machine itself there is no such limit"


def test_six_new_people_of_one_client_get_what_a_class_of_one_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_CLASS_SIZE", "2")
    pages = [press(visit("train", data="digits-8x8", recipe="quick", epochs="7"), "Start") for _ in range(6)]
    assert len(run_folders.all_runs()) == 2
    for page in pages[2:]:
        assert "2 runs from your network wait already" in said(page)
        assert page.query_params["epochs"] == "7"
    come_from(monkeypatch, OTHER_ADDRESS)
    for _ in range(3):
        page = press(visit("train", data="digits-8x8", recipe="quick"), "Start")
    assert len(run_folders.all_runs()) == 4 and "2 runs from your network" in said(page)
    come_from(monkeypatch, "192.0.2.9")
    assert "4 runs in all wait already" in said(press(visit("train", data="digits-8x8", recipe="quick"), "Start"))
    assert "4 runs in all wait already" in said(press(visit("train", data="digits-8x8", recipe="quick"), "Start"))


def test_a_class_of_120_behind_one_address_presses_start_together(
    engine: PretendedEngine, simple_dataset: Dataset
) -> None:
    recipe = RECIPES["quick"].config
    for pupil in range(120):
        submission.submit(engine, recipe, simple_dataset, Actor(f"pupil {pupil}", ADDRESS))
    assert len(run_folders.all_runs()) == 120
    with pytest.raises(InputError, match="120 runs from your network"):
        submission.submit(engine, recipe, simple_dataset, Actor("one more", ADDRESS))
    submission.submit(engine, recipe, simple_dataset)


def test_an_app_that_started_again_still_counts_what_waits_in_all(
    engine: PretendedEngine, simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mnist_core.access import actor

    monkeypatch.setenv("MNIST_CLASS_SIZE", "1")
    recipe = RECIPES["quick"].config
    submission.submit(engine, recipe, simple_dataset, Actor("a", ADDRESS))
    actor._key.cache_clear()  # as in a new process
    submission.submit(engine, recipe, simple_dataset, Actor("b", ADDRESS))
    with pytest.raises(InputError, match="2 runs in all"):
        submission.submit(engine, recipe, simple_dataset, Actor("c", OTHER_ADDRESS))


def test_no_address_is_written_into_a_run(engine: PretendedEngine, simple_dataset: Dataset) -> None:
    run = submission.submit(engine, RECIPES["quick"].config, simple_dataset, Actor("a", ADDRESS))
    assert ADDRESS not in (run.folder / "config.json").read_text()


def test_a_sweep_may_not_ask_for_more_than_its_share() -> None:
    page = visit("sweep", data="digits-8x8", recipe="quick", epochs="1000")
    page = looked_at(page.number_input(key="sweep-trials").set_value(500).run())
    page = press(page, "Start 500 trials")
    assert "This sweep would train on 682,500,000 images" in said(page)
    assert sweep_folders.all_sweeps() == []
    assert page.number_input(key="sweep-trials").value == 500


def test_sweeps_that_go_on_are_counted_by_address(
    engine: PretendedEngine, simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_CLASS_SIZE", "2")
    for _ in range(2):
        press(visit("sweep", data="digits-8x8", recipe="quick"), "Start 20 trials")
    page = press(visit("sweep", data="digits-8x8", recipe="quick"), "Start 20 trials")
    assert "2 sweeps from your network wait already" in said(page)
    assert len(sweep_folders.all_sweeps()) == 2


def test_the_collection_is_not_filled_by_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_CLASS_SIZE", "1")
    for seed in range(5):
        assert "Kept as a 4" in said(keep_a_drawing(seed))
    page = keep_a_drawing(5)
    assert "From your network, 5 drawings came within a minute" in said(page)
    assert Collection().count() == 5
    assert told(page, "digit")[0] == "4", "the drawing is still there"
    come_from(monkeypatch, OTHER_ADDRESS)
    assert "Kept as a 4" in said(keep_a_drawing(6))
    quotas.forget()  # a minute later
    come_from(monkeypatch)
    assert "Kept as a 4" in said(looked_at(page.run())), "one tap was enough"


def test_one_address_cannot_fill_the_collection_within_a_day() -> None:
    from mnist_core.data.collection import store

    most = min(number * 24 * 60 / {"minute": 1, "hour": 60, "day": 1440}[span] for number, span in quotas.DRAWINGS)
    assert most * quotas.CLASS_SIZE < store.MOST_DRAWINGS / 2


def test_files_are_read_so_often_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MNIST_CLASS_SIZE", "1")
    read: list[object] = []
    monkeypatch.setattr(uploads, "read_apart", read.append)
    for number in range(3):
        uploads.read_uploads([("a.csv", b"x")], Actor(f"new {number}", ADDRESS))
    with pytest.raises(InputError, match="3 files came within a minute"):
        uploads.read_uploads([("a.csv", b"x")], Actor("newer", ADDRESS))
    assert len(read) == 3


def test_the_trainer_and_the_engine_have_no_limits(simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_CLASS_SIZE", "1")
    engine = PretendedEngine()
    for _ in range(5):
        submission.submit(engine, RECIPES["quick"].config, simple_dataset)
    assert len(engine.tasks) == 5
    assert all(task.function is worker.execute for task in engine.tasks)


def saved_by(page: AppTest, name: str, story: str) -> AppTest:
    """Saves a recipe on the Train page."""
    for label, text in (("Name of the recipe", name), ("What it is for", story)):
        next(box for box in page.text_input if box.label == label).set_value(text)
    return press(looked_at(page.run()), "Save")


def test_the_recipes_are_not_filled_by_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_CLASS_SIZE", "1")
    most, _ = quotas.RECIPES[-1]
    for number in range(most + 2):
        page = saved_by(visit("train", data="digits-8x8"), f"evil-{number}", "")
    assert len(recipes.own_recipes()[0]) == most
    assert f"From your network, {most} recipes came within a day" in said(page)
    come_from(monkeypatch, OTHER_ADDRESS)
    saved_by(visit("train", data="digits-8x8"), "good", "")
    assert "good" in recipes.own_recipes()[0]


def test_the_recipes_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "MOST_OWN", 2)
    for name in ("first", "second"):
        recipes.save(name, name, "", RECIPES["quick"].config)
    with pytest.raises(InputError, match="2 recipes are saved here, which is as many as this lab keeps"):
        recipes.save("third", "Third", "", RECIPES["quick"].config)


def test_a_story_that_everybody_would_be_shown_has_an_end() -> None:
    page = saved_by(visit("train", data="digits-8x8"), "evil", "x" * 900_000)
    assert recipes.own_recipes()[0] == {}
    assert f"at most {recipes.LONGEST_STORY} characters" in said(page)
    assert len(said(page)) < 20_000
    saved_by(page, "good", "For Tuesday's class.")
    assert recipes.own_recipes()[0]["good"].description == "For Tuesday's class."


def test_a_recipe_is_read_once_as_long_as_it_is_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run of everybody's Train page lists them."""
    recipes.save("ours", "Ours", "", RECIPES["quick"].config)
    path = environment.home() / "recipes" / "ours.json"
    first = recipes.all_recipes()["ours"]
    assert recipes.all_recipes()["ours"] is first
    path.write_text(path.read_text().replace('"Ours"', '"Theirs"'))
    assert recipes.all_recipes()["ours"].title == "Theirs"


# A busy machine may need more than a minute for them.
STARTS = ((6, "day"),)


def test_whoever_starts_and_stops_over_and_over_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each leaves a folder that everybody's lists show."""
    monkeypatch.setenv("MNIST_CLASS_SIZE", "1")
    monkeypatch.setattr(quotas, "STARTS", STARTS)
    most = STARTS[0][0]
    for _ in range(most + 2):
        page = press(visit("train", data="digits-8x8", recipe="quick"), "Start")
        for run in run_folders.all_runs():
            run.request("stop", by=COMMAND_LINE)
    assert len(run_folders.all_runs()) == most
    assert f"From your network, {most} starts came within a day" in said(page)
    come_from(monkeypatch, OTHER_ADDRESS)
    press(visit("train", data="digits-8x8", recipe="quick"), "Start")
    assert len(run_folders.all_runs()) == most + 1


@pytest.mark.long
def test_sweeps_that_are_started_and_stopped_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_CLASS_SIZE", "1")
    monkeypatch.setattr(quotas, "STARTS", STARTS)
    for _ in range(STARTS[0][0] + 2):
        page = press(visit("sweep", data="digits-8x8", recipe="quick"), "Start 20 trials")
        for sweep in sweep_folders.all_sweeps():
            sweep.stop(by=COMMAND_LINE)
    assert len(sweep_folders.all_sweeps()) == STARTS[0][0]
    assert "starts came within a day" in said(page)
