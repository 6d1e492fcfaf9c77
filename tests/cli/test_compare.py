"""Comparing models on the command line."""

import json
import re

import pytest

from mnist_core.data.dataset import Dataset
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.significance import mcnemar, wilson
from mnist_core.formatting import percent
from mnist_core.runs import run_folders
from tests.pages.test_comparison_view import judged_on_mnist, model
from tests.support.commands import Captured, refusal, run


@pytest.fixture
def data(simple_dataset: Dataset) -> Dataset:
    return simple_dataset


def test_models_are_compared_for_programs(capsys: Captured, data: Dataset) -> None:
    first, second = model(data, range(10)), model(data, range(8, 11))
    result = json.loads(run(capsys, "compare", first.id, second.id, "--json"))
    assert result["images"] == 200 and sorted(result["all_wrong"]) == [8, 9]
    one, other = result["models"]
    assert (one["name"], one["run"], one["accuracy"], one["wrong"]) == ("A", first.id, 0.95, 10)
    assert one["interval"] == pytest.approx(wilson(190, 200))
    assert sorted(other["alone_right"]) == list(range(8)) and one["alone_right"] == [10]
    assert one["training_seconds"] == 72 and one["file_size"] > 1e6 and 0 < one["seconds_an_image"] < 0.1
    assert one["published"] is None
    (pair,) = result["pairs"]
    assert (pair["models"], pair["only_first"], pair["only_second"]) == (["A", "B"], 1, 8)
    assert pair["p"] == pair["p_corrected"] == mcnemar(1, 8)


def test_models_are_compared_for_people(capsys: Captured, data: Dataset) -> None:
    chosen = [model(data, range(10)), model(data, range(8, 11)), model(data, range(3))]
    text = run(capsys, "compare", *(one.id for one in chosen))
    lines = text.splitlines()
    assert lines[0].startswith(f"A  {chosen[0].id}: quick, ")
    accuracies = next(line for line in lines if line.startswith("Test accuracy")).replace(" %", "")
    assert accuracies.split()[2:] == ["95.00", "98.50", "98.50"]
    assert next(line for line in lines if line.startswith("Only this one is right")).split()[5:] == ["0", "3", "2"]
    assert "A difference of 3.50 points could be chance." in text
    assert "p = 0.078 (McNemar's test, after Holm's correction for 3 pairs)." in text
    assert "B and C both read 98.50 % right. Each alone reads 3 images right." in text
    assert lines[-1] == "0 images that no model reads right."


def test_models_of_different_data_need_data_to_be_judged_on(capsys: Captured, data: Dataset) -> None:
    own = model(data, range(2), "simple-cnn")
    assert "A and B were judged on different images" in refusal(capsys, 2, "compare", "best", own.id)
    text = run(capsys, "compare", "best", own.id, "--data", "digits-8x8")
    assert "A and B read every image as the same digit." in text


def test_published_results_are_told(capsys: Captured, data: Dataset) -> None:
    text = run(capsys, "compare", "best", judged_on_mnist(data).id)
    accuracy = percent(Evaluation.load(run_folders.find("best").evaluation_path).accuracy)
    reached = rf"measured here {accuracy} \(99\.\d\d–99\.\d\d\): reached for sure"
    line = rf"B: published above 98 %, {reached}; other settings: data, epochs\."
    assert re.fullmatch(line, text.splitlines()[-1])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["best"], "To compare, choose 2 to 10 models; there is one."),
        (["best"] * 11, "there are 11."),
        (["best", "nowhere"], "There is no run 'nowhere'"),
        (["best", "best", "--data", "nowhere.npz"], "nowhere.npz"),
    ],
)
def test_what_cannot_be_compared_is_wrong_input(capsys: Captured, arguments: list[str], sentence: str) -> None:
    assert sentence in refusal(capsys, 2, "compare", *arguments)
