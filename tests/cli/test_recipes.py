"""`recipes` lists what can be trained."""

import json

from mnist_core.config.recipes import RECIPES
from mnist_core.config.train_config import TrainConfig
from tests.support.commands import Captured, run


def test_the_recipes_are_listed(capsys: Captured) -> None:
    listed = json.loads(run(capsys, "recipes", "--json"))
    assert list(listed) == list(RECIPES)
    for name, values in listed.items():
        assert values.pop("published") == RECIPES[name].published
        assert values.pop("description") == RECIPES[name].description
        assert values.pop("details") == RECIPES[name].details
        assert TrainConfig.from_json(values) == RECIPES[name].config
    text = run(capsys, "recipes")
    assert all(f"{name} " in text and recipe.description in text for name, recipe in RECIPES.items())
