"""A run comes out as a notebook in plain Keras, which does what the run did."""

import ast
import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core.config.network import count_parameters, parse_layer, parse_network
from mnist_core.config.recipes import RECIPES
from mnist_core.config.train_config import TrainConfig
from mnist_core.errors import InputError
from mnist_core.presentation.pictures import png
from mnist_core.runs import run_folders
from mnist_core.sharing import notebook
from tests.conftest import large_digit, simple_images
from tests.support.networks import EVERY_OTHER_KIND


def code_of(content: bytes) -> str:
    """The code of a notebook, cell by cell."""
    cells = json.loads(content)["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_comes_out_as_a_notebook_and_a_script_of_the_same_code(name: str) -> None:
    cells = notebook.cells_of(RECIPES[name].config, "A run.")
    made = json.loads(notebook.as_notebook(cells))
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in made["cells"]}) == len(made["cells"])
    assert all(re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", cell["id"]) for cell in made["cells"])
    script = notebook.as_script(cells).decode()
    assert ast.dump(ast.parse(script)) == ast.dump(ast.parse(code_of(notebook.as_notebook(cells))))
    assert ("leaves them out" in script) == (name in ("robust", "best"))


NETWORKS = {name: recipe.config.layers for name, recipe in RECIPES.items()}
NETWORKS["every other kind"] = parse_network(EVERY_OTHER_KIND)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_code_makes_the_same_network(name: str) -> None:
    import keras

    from mnist_core.training import keras_model

    layers = NETWORKS[name]
    lines = [eval(notebook.keras_code(layer), {"layers": keras.layers}) for layer in layers]
    model = keras.Sequential([keras.Input((28, 28, 1)), *lines])
    assert model.count_params() == count_parameters(layers)
    for line, one in zip(lines, keras_model.build(layers).layers, strict=True):
        own = [
            {name: value for name, value in layer.get_config().items() if "ini" not in name} for layer in (line, one)
        ]
        assert own[0] | {"name": "", "seed": 0} == own[1] | {"name": "", "seed": 0}


def first_layer(config: TrainConfig) -> Any:
    """The first layer of the network that a notebook makes, which changes images."""
    import keras

    names: dict[str, Any] = {"keras": keras, "layers": keras.layers, "np": np}
    exec(notebook.training_code(config).split("optimizer =")[0].split("class OneCycle")[0], names)
    return names["model"].layers[0]


def bars() -> np.ndarray:
    """The same image 200 times: a lying bar in its middle."""
    image = np.zeros((200, 28, 28, 1), np.float32)
    image[:, 10:18, 6:22] = 1
    return image


def test_so_many_images_stay_as_they_are_in_a_notebook_too() -> None:
    change = first_layer(dataclasses.replace(RECIPES["robust"].config, unchanged=0.25))
    kept = (np.asarray(change(bars(), training=True)) == bars()).all(axis=(1, 2, 3))
    assert kept.mean() == pytest.approx(0.25, abs=0.12)


def test_images_are_changed_about_their_middle_and_only_while_it_learns() -> None:
    change, image = first_layer(dataclasses.replace(RECIPES["robust"].config, shift=0.0)), bars()
    changed = np.asarray(change(image, training=True))[..., 0]
    assert np.array_equal(np.asarray(change(image)), image) and len({one.tobytes() for one in changed}) > 190
    for axis in (1, 2):
        sums = changed.sum(axis=axis)
        np.testing.assert_allclose(sums @ np.arange(28) / sums.sum(axis=1), 13.5, atol=0.2)
    assert 0.7 < changed.sum(axis=(1, 2)).min() / 128 < changed.sum(axis=(1, 2)).max() / 128 < 1.4


def test_each_kind_of_layer_has_its_line() -> None:
    assert notebook.keras_code(parse_layer("conv:8:3:same:relu")) == (
        'layers.Conv2D(8, 3, padding="same", activation="relu")'
    )
    assert notebook.keras_code(parse_layer("avgpool:2")) == "layers.AveragePooling2D(2)"


@pytest.mark.long
@pytest.mark.parametrize("recipe", ["quick", "digit-recognizer"])
def test_the_script_runs_on_its_own_and_reads_a_digit(recipe: str, tmp_path: Path) -> None:
    (x_train, y_train), (x_test, y_test) = simple_images(600, 1), simple_images(100, 2)
    np.savez(tmp_path / "mnist.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    (tmp_path / "digit.png").write_bytes(png(255 - large_digit(5)))
    script = notebook.as_script(notebook.cells_of(RECIPES[recipe].config, "A run.")).decode()
    (tmp_path / "run.py").write_text(re.sub(r"(epochs=|steps = )\d+", r"\g<1>2", script), encoding="utf-8")
    variables = {"MNIST_DATA": "mnist.npz", "DIGIT": "digit.png", "MPLBACKEND": "agg", "TF_CPP_MIN_LOG_LEVEL": "3"}
    ended = subprocess.run(
        [sys.executable, "run.py"],
        cwd=tmp_path,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert re.search(r"test accuracy \d", ended.stdout)
    assert re.search(r"digit.png is read as \d, probability", ended.stdout)


def test_a_run_says_what_it_read(tmp_path: Path) -> None:
    run = run_folders.find("best")
    notebook.write(run, tmp_path / "best.ipynb")
    assert "It read 99." in (tmp_path / "best.ipynb").read_text(encoding="utf-8")
    with pytest.raises(InputError, match=r"give a name that ends in \.ipynb or \.py"):
        notebook.write(run, tmp_path / "best.txt")


def test_the_code_of_settings_follows_them() -> None:
    config = dataclasses.replace(RECIPES["simple-cnn"].config, optimizer="sgd", learning_rate=0.05, early_stopping=2)
    code = notebook.training_code(config)
    assert "keras.optimizers.SGD(0.05)" in code and "EarlyStopping(patience=2" in code
    assert 'layers.Dense(64, activation="relu")' in code
    ast.parse(code)
