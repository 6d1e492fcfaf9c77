"""Published results beside what was measured here."""

import dataclasses
import math
import re
from typing import Any

import numpy as np
import pytest

from mnist_core.config.recipes import RECIPES
from mnist_core.data.dataset import MNIST_IDENTITY
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.published import beside, published_rows
from mnist_core.evaluation.significance import wilson
from mnist_core.files import atomic
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run

MNIST = {"name": "mnist", "identity": MNIST_IDENTITY, "title": "MNIST"}


def of_accuracy(wrong: int, sure: float = 0.9, images: int = 1000, identity: str = MNIST_IDENTITY) -> Evaluation:
    labels = np.arange(images) % 10
    predictions = labels.copy()
    predictions[:wrong] = (labels[:wrong] + 1) % 10
    probabilities = np.full((images, 10), (1 - sure) / 9)
    probabilities[np.arange(images), predictions] = sure
    return Evaluation.measure(probabilities, labels, identity)


def run_of(recipe: str, data: dict[str, str] = MNIST, about: dict[str, Any] | None = None, **changes: object) -> Run:
    return run_folders.create(dataclasses.replace(RECIPES[recipe].config, **changes), data, about=about)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", RECIPES)
def test_the_published_figures_are_those_of_the_words(name: str) -> None:
    recipe = RECIPES[name]
    if not recipe.published:
        assert math.isnan(recipe.published_accuracy) and math.isnan(recipe.published_loss)
        return
    found = re.fullmatch(r"(?:at least |about |above )?([\d.]+) %(?:, loss ([\d.]+))?", recipe.published)
    assert found
    assert recipe.published_accuracy == pytest.approx(float(found[1]) / 100)
    loss = float(found[2]) if found[2] else math.nan
    assert recipe.published_loss == pytest.approx(loss, nan_ok=True)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [(2, "reached for sure"), (14, "reached"), (17, "missed, perhaps by chance"), (60, "missed")],
)
def test_a_published_accuracy_is_reached_or_missed_and_the_interval_says_how_clearly(wrong: int, words: str) -> None:
    known = beside(run_of("digit-detection"), of_accuracy(wrong))
    assert known and known.verdict == words
    assert known.interval == wilson(1000 - wrong, 1000)
    assert known.changes == ""


def test_a_published_loss_counts_too() -> None:
    surer, unsure = (beside(run_of("mnist-ann"), of_accuracy(5, sure)) for sure in (0.95, 0.6))
    assert surer and surer.verdict == "reached for sure; loss reached"
    assert unsure and unsure.verdict == "reached for sure; loss missed"
    assert re.fullmatch(r"99\.50 % \(98\.83–99\.79\), loss 0\.\d{4}", surer.measured)


def test_what_a_run_does_otherwise_is_said() -> None:
    other = {"name": "digits-8x8", "identity": "0", "title": "Digits 8×8"}
    known = beside(run_of("simple-cnn", other, epochs=2, seed=7, learning_rate=0.01), of_accuracy(20))
    assert known and known.changes == "data, epochs, learning rate"


def test_there_is_nothing_beside_other_images_unpublished_recipes_imports_and_damaged_folders() -> None:
    assert beside(run_of("simple-cnn"), of_accuracy(5, identity="other")) is None
    assert beside(run_of("quick"), of_accuracy(5)) is None
    assert beside(run_of("simple-cnn", about={"imported": {"kind": "keras"}}), of_accuracy(5)) is None
    damaged = run_of("simple-cnn")
    atomic.write_bytes(damaged.folder / "config.json", b"{}")
    assert beside(damaged, of_accuracy(5)) is None


def test_every_published_recipe_has_a_row_and_the_runs_compared_come_before_others() -> None:
    compared, older, other = run_of("simple-cnn"), run_of("simple-cnn"), run_of("mnist-ann")
    judged = of_accuracy(10)
    rows = published_rows([(compared, judged)], [(older, judged), (other, judged)])
    assert [row["Recipe"] for row in rows] == [recipe.title for recipe in RECIPES.values() if recipe.published]
    assert {row["Recipe"]: row["Run"] for row in rows if row["Run"]} == {
        RECIPES["simple-cnn"].title: compared.id,
        RECIPES["mnist-ann"].title: other.id,
    }
    untried = next(row for row in rows if row["Recipe"] == RECIPES["digit-detection"].title)
    assert (untried["Published"], untried["Outcome"]) == ("at least 98.5 %", "not tried here")
