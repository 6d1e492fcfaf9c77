"""List the recipes."""

import argparse
import sys
from typing import Any

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.cli import frame
from mnist_core.config import recipes
from mnist_core.config.network import count_parameters
from mnist_core.formatting import count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--delete", metavar="NAME", help="remove a recipe of your own")


def command(options: argparse.Namespace) -> None:
    if options.delete:
        recipes.delete(options.delete, by=COMMAND_LINE)
    own, problems = recipes.own_recipes()
    everything = recipes.RECIPES | own
    value = {name: _as_json(recipe) for name, recipe in everything.items()}
    frame.show(options, value, (_lines(name, recipe, name in own) for name, recipe in everything.items()))
    if not options.json:
        for problem in problems:
            print(problem, file=sys.stderr)


def _as_json(recipe: recipes.Recipe) -> dict[str, Any]:
    words = {"published": recipe.published, "description": recipe.description, "details": recipe.details}
    return recipe.config.to_json() | words


def _lines(name: str, recipe: recipes.Recipe, is_own: bool) -> str:
    published = f"published: {recipe.published}" if recipe.published else "your own" if is_own else "the lab's own"
    parameters = count(count_parameters(recipe.config.layers))
    return f"{name:22}{parameters:>10} parameters, {published}\n    {recipe.description}"
