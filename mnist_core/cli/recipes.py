"""The recipes, those that come with the lab and one's own."""

import argparse
import sys
from typing import Any

from mnist_core.cli.frame import command, print_json
from mnist_core.config import recipes
from mnist_core.config.network import count_parameters
from mnist_core.formatting import count


def add(commands: Any) -> None:
    """Adds the command."""
    listed = command(commands, "recipes", _recipes, "list the recipes")
    listed.add_argument("--delete", metavar="NAME", help="remove a recipe of your own")


def _recipes(options: argparse.Namespace) -> None:
    if options.delete:
        recipes.delete(options.delete)
    own, problems = recipes.own_recipes()
    everything = recipes.RECIPES | own
    if options.json:
        print_json(
            {name: recipe.config.to_json() | {"published": recipe.published} for name, recipe in everything.items()}
        )
        return
    for name, recipe in everything.items():
        origin = "your own" if name in own else "the lab's own"
        published = f"published: {recipe.published}" if recipe.published else origin
        print(f"{name:22}{count(count_parameters(recipe.config.layers)):>10} parameters, {published}")
        print(f"    {recipe.description}")
    for problem in problems:
        print(problem, file=sys.stderr)
