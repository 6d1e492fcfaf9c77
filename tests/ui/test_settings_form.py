import pytest

from mnist_core.config.recipes import RECIPES
from mnist_core.ui import settings_form


@pytest.mark.parametrize("recipe", RECIPES)
def test_no_recipe_makes_too_few_steps_of_mnist(recipe: str) -> None:
    config = RECIPES[recipe].config
    assert config.steps(60_000) >= settings_form.FEW_STEPS
