"""`evaluate` tells how good a run is, in numbers and in tables."""

import json
from pathlib import Path

import numpy as np
import pytest

from mnist_core.cli import main
from mnist_core.config.recipes import RECIPES
from mnist_core.data.dataset import Dataset
from mnist_core.runs import run_folders
from tests.support.commands import Captured, refusal, run


def test_the_evaluation_of_the_shipped_model_is_complete_and_consistent(capsys: Captured) -> None:
    result = json.loads(run(capsys, "evaluate", "best", "--json"))
    status = run_folders.find("best").status()
    assert result["run"] == "best"
    assert result["accuracy"] == status.test_accuracy > 0.99
    assert result["loss"] == pytest.approx(status.test_loss, abs=1e-3)
    assert result["images"] == 10_000
    confusion = np.array(result["confusion"])
    assert confusion.shape == (10, 10)
    # MNIST's test set has this many of each digit.
    assert confusion.sum(axis=1).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.trace(confusion) / 10_000 == result["accuracy"]
    assert list(result["report"]) == [*map(str, range(10)), "macro avg", "weighted avg"]
    assert result["report"]["3"]["recall"] == pytest.approx(confusion[3, 3] / 1010)
    assert result["report"]["3"]["precision"] == pytest.approx(confusion[3, 3] / confusion[:, 3].sum())
    assert result["report"]["weighted avg"]["support"] == 10_000


def test_a_model_is_judged_on_other_data(simple_npz: Path, simple_dataset: Dataset, capsys: Captured) -> None:
    result = json.loads(run(capsys, "evaluate", "best", "--data", simple_npz, "--json"))
    assert result["images"] == len(simple_dataset.test_labels) == 200
    assert result["accuracy"] > 0.8
    assert np.array(result["confusion"]).sum(axis=1).tolist() == [20] * 10


def test_the_evaluation_for_people_shows_the_headline_and_both_tables(capsys: Captured) -> None:
    text = run(capsys, "evaluate", "best")
    accuracy = run_folders.find("best").status().test_accuracy
    assert text.startswith(f"test accuracy {100 * accuracy:.2f} %, loss 0.")
    assert f"{round(10_000 * (1 - accuracy))} of 10,000 wrong" in text
    lines = text.splitlines()
    assert len([line for line in lines if line[:3].strip().isdigit()]) == 10
    assert lines[-1].split()[:2] == ["weighted", "avg"]


def test_a_run_without_an_evaluation_cannot_be_evaluated(capsys: Captured) -> None:
    waiting = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    sentence = refusal(capsys, 2, "evaluate", waiting.id)
    assert sentence.startswith(f"The figures of {waiting.id} cannot be read (")


def test_labels_that_do_not_fit_are_doubted_on_stderr(capsys: Captured, tmp_path: Path, real_mnist: Path) -> None:
    with np.load(real_mnist) as mnist:
        images, labels = mnist["x_test"][:100], mnist["y_test"][:100]
    np.savez(tmp_path / "turned.npz", images=images.transpose(0, 2, 1), labels=labels)
    turned = ["evaluate", "best", "--data", str(tmp_path / "turned.npz")]
    main(turned)
    said = capsys.readouterr().err
    assert "once rows and columns are swapped, as EMNIST's have to be. '--correct transposed' makes them so." in said
    result = json.loads(run(capsys, *turned, "--correct", "transposed", "--json"))
    assert result["accuracy"] > 0.98
    main([*turned, "--correct", "inverted"])
    assert "--correct inverted" not in capsys.readouterr().err  # it is what both need together
    main([*turned[:3], f"{turned[3]}?upside-down"])
    assert f"The name '{turned[3]}?" in (said := capsys.readouterr().err) and "makes them so." in said
    assert refusal(capsys, 2, "evaluate", "best", "--correct", "mirrored").startswith("--correct changes what --data")
