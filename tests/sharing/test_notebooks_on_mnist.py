"""The notebooks of all recipes run from the first cell to the last on the real MNIST, and reach what their runs reach.

Each recipe is trained with two seeds at the same settings, by the lab and by its notebook in a kernel without a
display, a quarter of an hour of one processor in all. What takes long sees a tenth of the images, or passes over them
less often; what plain Keras has no part for, and a notebook leaves out, is left out of the run too.
"""

import importlib
import json
import math
import re
from pathlib import Path

import pytest

from mnist_core.cli import main
from mnist_core.config.recipes import RECIPES
from mnist_core.sharing import notebook

TENTH = {"data_share": "0.1"}
# What is changed of a recipe for lack of time; `quick` is run as it is.
SHORTER: dict[str, dict[str, str]] = {
    "quick": {},
    "thorough": {"epochs": "2"},
    "digit-detection": TENTH,
    "mnist-classification": TENTH,
    "digit-recognizer": TENTH,
    "mnist-ann": TENTH,
    "simple-cnn": TENTH,
    "robust": TENTH | {"epochs": "8"},
    "best": TENTH | {"epochs": "5"},
}
NOTHING = {"also": ""} | {name: "0" for name in notebook.LEFT_OUT if name != "also"}
IMAGES = 10_000
SEEDS = ("1", "2")
LONGEST_CELL = 1800  # seconds


def standard_error(one: float, other: float) -> float:
    """That of the difference of two shares of the test images."""
    return math.sqrt((one * (1 - one) + other * (1 - other)) / IMAGES)


def accuracy_of(path: Path) -> float:
    """Executes a notebook, which fails at the first cell that does, and returns the test accuracy that it prints."""
    nbclient, nbformat = map(importlib.import_module, ("nbclient", "nbformat"))  # a second, for this test alone
    cells = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(cells, timeout=LONGEST_CELL, resources={"metadata": {"path": str(path.parent)}}).execute()
    printed = [output.text for cell in cells.cells for output in cell.get("outputs", ()) if "text" in output]
    (found,) = re.findall(r"test accuracy ([\d.]+)%", "\n".join(printed))
    return float(found) / 100


def trained(name: str, seed: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[float, float]:
    """Trains a recipe with a seed; returns the test accuracies of the run and of its notebook."""
    changes = NOTHING | SHORTER[name] | {"seed": seed}
    options = [part for key, value in changes.items() for part in (f"--{key.replace('_', '-')}", value)]
    capsys.readouterr()
    assert main(["train", "--recipe", name, "--json", *options]) == 0
    said = json.loads(capsys.readouterr().out)
    path = folder / f"{name}-{seed}.ipynb"
    assert main(["notebook", said["run"], str(path)]) == 0
    return said["test_accuracy"], accuracy_of(path)


@pytest.mark.long
@pytest.mark.parametrize("name", RECIPES)
def test_a_notebook_reaches_what_its_run_reached(
    name: str, real_mnist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = [trained(name, seed, tmp_path, capsys) for seed in SEEDS]
    here, there = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
    allowed = 2 * standard_error(here, there)
    with capsys.disabled():
        each = ", ".join(f"{run:.2%}/{notebook:.2%}" for run, notebook in pairs)
        print(f"\n{name:22} run {here:.2%} notebook {there:.2%} apart {there - here:+.2%} 2 SE {allowed:.2%} ({each})")
    assert abs(here - there) <= allowed
