"""The Sweep page without a browser: what it says in each state, and what its buttons do."""

import dataclasses
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config import recipes
from mnist_core.config.recipes import RECIPES
from mnist_core.data.dataset import Dataset
from mnist_core.engine.sweeps import results, sweep_folders
from mnist_core.engine.sweeps.search_space import SWEPT, Space
from mnist_core.runs.run import Run
from mnist_core.ui.sweep import space_form
from tests.conftest import PretendedEngine
from tests.engine.sweeps.test_sweep import PLAN, pretended
from tests.pages.conftest import OpenPage, checked, said


def press(page: AppTest, label: str) -> AppTest:
    """Presses the button with this label."""
    next(button for button in page.button if button.label == label).click()
    return checked(page.run())


def write(page: AppTest, label: str, text: str) -> None:
    """Writes into the box with this label."""
    next(box for box in page.text_input if box.label == label).set_value(text)


def test_without_sweeps_the_page_says_what_to_do(open_page: OpenPage) -> None:
    page = open_page("sweep", data="digits-8x8", recipe="simple-cnn")
    words = said(page)
    assert "No sweep yet." in words and "Every sweep will be listed here." in words
    assert page.button[-1].label == "Start 20 trials" and not page.button[-1].disabled


def test_start_hands_over_what_is_set(open_page: OpenPage, engine: PretendedEngine) -> None:
    page = open_page("sweep", data="digits-8x8", recipe="simple-cnn", epochs="2")
    next(number for number in page.number_input if number.label == "Trials").set_value(3)
    next(number for number in page.number_input if number.label == "Share of the data").set_value(0.5)
    checked(page.run())
    press(page, "Start 3 trials")
    (sweep,) = sweep_folders.all_sweeps()
    plan = sweep.plan()
    assert plan.config == dataclasses.replace(RECIPES["simple-cnn"].config, epochs=2, data_share=0.5)
    assert plan.space.texts() == ["learning_rate=0.0002..0.005:log", "batch_size=16,32,64"]
    assert (plan.trials, plan.method, plan.pruning) == (3, "search", True)
    assert len(engine.tasks) == 3 and sweep.description().owner
    assert page.query_params["sweep"] == sweep.id and page.query_params["data_share"] == "0.5"
    assert "Stop the sweep" in [button.label for button in page.button]

    press(page, "Start 3 trials")
    assert "still goes on; wait for its end, or stop it." in said(page)
    assert len(sweep_folders.all_sweeps()) == 1
    press(page, "Stop the sweep")
    assert sweep.stopped and "Resume" in [button.label for button in page.button]
    press(page, "Resume")
    assert not sweep.stopped and len(engine.tasks) == 6


def field(page: AppTest, kind: str, label: str) -> Any:
    """The first field of a kind with this label."""
    return next(field for field in page.get(kind) if getattr(field, "label", "") == label)


def test_what_differs_is_said_in_fields_or_as_text(open_page: OpenPage) -> None:
    page = open_page("sweep", data="digits-8x8", recipe="simple-cnn")
    field(page, "number_input", "Smallest").set_value(0.001)
    field(page, "text_input", "Values, with commas between them").set_value("16, 64")
    checked(page.run())
    text = field(page, "text_area", "A setting on each line")
    assert text.value == "learning_rate=0.001..0.005:log\nbatch_size=16, 64"
    page = press(page, "Remove")
    page = press(page, "Add a setting")
    field(page, "text_area", "A setting on each line").set_value("optimizer=adam,sgd\nrotation=0..15:step=5")
    page = checked(page.run())
    assert field(page, "multiselect", "Values").value == ["adam", "sgd"]
    assert field(page, "number_input", "Largest").value == 15
    field(page, "text_area", "A setting on each line").set_value("speed=1,2")
    assert "The setting of a sweep is 'speed'; choose one of" in said(checked(page.run()))


def test_each_setting_has_values_worth_a_first_try() -> None:
    for recipe in RECIPES.values():
        for setting in SWEPT:
            Space((space_form.usual(setting, recipe.config),)).check(recipe.config)


def test_everything_counts_its_combinations_or_says_what_is_missing(open_page: OpenPage) -> None:
    page = open_page("sweep", data="digits-8x8", recipe="simple-cnn")
    next(box for box in page.selectbox if box.label == "How to choose").set_value("everything")
    checked(page.run())
    assert "To try everything, list at most 100 values of 'learning rate'" in said(page)
    assert page.button[-1].disabled


def test_a_recipe_that_validates_on_the_test_set_cannot_be_swept(open_page: OpenPage) -> None:
    page = open_page("sweep", data="digits-8x8", recipe="mnist-ann")
    assert "validates on the test set, which a sweep must not learn from" in said(page)
    assert page.button[-1].disabled


def test_a_finished_sweep_shows_its_best_which_becomes_a_recipe(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = pretended(10)
    page = open_page("sweep", data="digits-8x8", sweep=sweep.id)
    words = said(page)
    assert "10 of 10 trials, 6 given up early. Best validation accuracy: 79.00 % with" in words
    assert "Best trial: 9" in words and "PED-ANOVA" in words and "Grey and dashed" in words
    assert [len(table.value) for table in page.dataframe] == [10, 1]
    write(page, "Name of the recipe", "Our best")
    press(page, "Make it a recipe")
    assert "must be a name of small letters, digits and dashes" in said(page)
    monkeypatch.setattr(results, "keep", lambda *_: Run(sweep.folder))
    write(page, "Name of the recipe", "our-best")
    press(page, "Make it a recipe")
    assert "The recipe 'our-best' is saved" in said(page) and "our-best" in recipes.all_recipes()


def test_what_is_set_can_be_kept_as_a_recipe(open_page: OpenPage) -> None:
    page = open_page("train", data="digits-8x8", recipe="simple-cnn", epochs="7")
    write(page, "Name of the recipe", "ours")
    write(page, "What it is for", "Our class.")
    checked(page.run())
    press(page, "Save")
    kept = recipes.all_recipes()["ours"]
    assert kept.config == dataclasses.replace(RECIPES["simple-cnn"].config, recipe="ours", epochs=7)
    assert (kept.title, kept.description) == ("Ours", "Our class.")
    assert page.query_params["recipe"] == "ours" and "epochs" not in page.query_params
    assert next(box for box in page.selectbox if box.label == "Recipe").value == "ours"


def test_an_own_recipe_is_in_the_box_and_can_be_deleted(open_page: OpenPage) -> None:
    recipes.save("ours", "Ours", "![a](http://example.org/x.png)", RECIPES["simple-cnn"].config)
    page = open_page("train", data="digits-8x8", recipe="ours")
    assert "ours" in next(box for box in page.selectbox if box.label == "Recipe").options
    assert "![a](http" not in said(page)
    press(page, "Delete this recipe")
    assert "ours" not in recipes.all_recipes() and page.query_params["recipe"] == "quick"


def test_a_damaged_sweep_and_a_strange_link_get_their_sentence(open_page: OpenPage) -> None:
    sweep = sweep_folders.create(PLAN, {"name": "simple", "identity": "0"})
    (sweep.folder / "sweep.json").write_text("{}")
    page = open_page("sweep", data="digits-8x8", sweep=sweep.id)
    assert "lacks its fields; the folder is damaged" in said(page)
    assert "Delete" in [button.label for button in page.button] and len(page.dataframe) == 1
    assert "There is no sweep 'nowhere' here" in said(open_page("sweep", data="digits-8x8", sweep="nowhere"))


def test_a_stopped_sweep_can_be_deleted(open_page: OpenPage, simple_dataset: Dataset) -> None:
    sweep = pretended(3)
    page = open_page("sweep", data="digits-8x8", sweep=sweep.id)
    # Without a browser a click inside the dialog runs the whole page, so the dialog has to be opened with it.
    press(page, "Delete")
    assert sweep.folder.exists()
    for label in ("Delete", "Delete it"):
        next(button for button in page.button if button.label == label).click()
    checked(page.run())
    assert not sweep.folder.exists()
