"""Several models on the Evaluate page; ticking rows and pressing figures is tested in a real browser."""

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import environment
from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.data import sources
from mnist_core.data.dataset import Dataset
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.inference.calibration import Calibration
from mnist_core.runs import run_folders
from mnist_core.runs.run import BATCHES, METRICS, Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.runs.status import Status
from tests.conftest import simple_images
from tests.pages.conftest import OpenPage, checked, said
from tests.support.markup import buttons
from tests.support.writers import csv_text


@pytest.fixture
def data(simple_dataset: Dataset, simple_npz: Path) -> Dataset:
    return dataclasses.replace(simple_dataset, name=str(simple_npz))


def model(data: Dataset, wrong: range, recipe: str = "quick", name: str = "") -> Run:
    """A run that reads these images of the test set wrong, each as the next digit."""
    labels = data.test_labels
    predictions = labels.copy()
    predictions[list(wrong)] = (labels[list(wrong)] + 1) % 10
    probabilities = 0.9 * np.eye(10)[predictions] + 0.01
    run = run_folders.create(dataclasses.replace(RECIPES[recipe].config, epochs=2), data.reference(), name=name)
    Evaluation.measure(probabilities, labels, data.identity).save(run.evaluation_path)
    run.model_path.write_bytes((environment.PRETRAINED / run_folders.SHIPPED_MODEL / "model.tflite").read_bytes())
    curves = {"epoch": [1.0, 2.0], "accuracy": [0.8, 0.9], "val_accuracy": [0.85, 0.95]}
    run.write_metrics({column: curves.get(column, [0.1, 0.2]) for column in METRICS})
    run.write_batches({column: curves.get(column, [0.1, 0.2]) for column in BATCHES})
    run.write_status(Status("done", epoch=2, epochs=2, seconds=72, test_accuracy=1 - len(wrong) / len(labels)))
    return run


def judged_on_mnist(data: Dataset) -> Run:
    """A run with the shipped model's answers to MNIST's test images."""
    run = model(data, range(2), "simple-cnn")
    shutil.copy(run_folders.find(run_folders.SHIPPED_MODEL).evaluation_path, run.evaluation_path)
    return run


def compare(open_page: OpenPage, *chosen: Run | str, **query: str) -> AppTest:
    names = ",".join(run if isinstance(run, str) else run.id for run in chosen)
    return open_page("evaluate", view="several", runs=names, **query)


def html(page: AppTest, mark: str) -> str:
    sent = [json.loads(one.proto.json or one.proto.mixed.json or "{}") for one in page.get("bidi_component")]
    return next(str(one["html"]) for one in sent if mark in one.get("html", ""))


def counts(page: AppTest) -> dict[str, str]:
    return {one["data-choice"]: one["text"] for one in buttons(html(page, "Models side by side"))}


def opened(page: AppTest, tab: str) -> AppTest:
    page.session_state["compared-tabs"] = tab
    return checked(page.run())


def pictures(page: AppTest) -> list[int]:
    return sorted(int(one["data-choice"]) for one in buttons(html(page, 'class="images"')))


def button(page: AppTest, words: str) -> AppTest:
    return checked(next(one for one in page.button if words in one.label).click().run())


def test_two_models_are_judged_on_what_they_share_with_one_plain_sentence(open_page: OpenPage, data: Dataset) -> None:
    first, second = model(data, range(10)), model(data, range(8, 11))
    page = compare(open_page, first, second)
    words = said(page)
    assert "**A reads 95.00 % right, B 98.50 %. A difference of 3.50 points is hardly chance.**" in words
    assert "p = 0.039" in words
    assert "Judged on 200 images: The test set of their own data" in words
    assert counts(page) == {"only-A": "1", "only-B": "8", "wrong-A": "10", "wrong-B": "3"}
    assert "1 min 12 s" in html(page, "Models side by side")
    assert "B reads most images right, 98.50 %" in words


def test_the_images_that_only_one_reads_right_are_shown_with_what_each_model_reads(
    open_page: OpenPage, data: Dataset
) -> None:
    page = compare(open_page, model(data, range(10)), model(data, range(8, 11)))
    page = button(page, "8 that only B reads right")
    assert pictures(page) == list(range(8))
    assert "8 images that only B reads right; below are the answers of A, quick" in said(page)
    assert "Image #0 is 0: A reads 1 (91 %), B reads 0 (91 %)." in said(page)
    assert "A alone" in [one.label for one in page.button]


def test_a_picture_has_the_probability_that_it_has_where_one_model_is_judged(
    open_page: OpenPage, data: Dataset
) -> None:
    first, second = model(data, range(10)), model(data, range(8, 11))
    Calibration(temperature=2.0, refused=0.0, images=100).save(first.calibration_path)
    page = button(compare(open_page, first, second), "8 that only B reads right")
    assert "Image #0 is 0: A reads 1 (51 %), B reads 0 (91 %)." in said(page)
    captions = [one["text"] for one in buttons(html(page, 'class="images"'))]
    assert "#0 is 0, read as 1, 51 %" in captions[0]
    alone = open_page("evaluate", run=first.id)
    assert "#0 is 0, read as 1, 51 %" in " ".join(one["text"] for one in buttons(html(alone, 'class="images"')))


def test_differences_by_digit_lead_to_the_images_over_which_models_disagree(open_page: OpenPage, data: Dataset) -> None:
    page = opened(compare(open_page, model(data, range(10)), model(data, range(8, 11))), "Digit by digit")
    assert "Bars to the right: more recall than A. To the left: less." in said(page)
    box = next(box for box in page.selectbox if box.label == "Images of the digit")
    assert f"B differs most from A at the digit {box.value}:" in said(page)
    box.set_value(3)
    checked(page.run())
    assert pictures(page) == [2, 3]  # a 2 that is read as 3, and a 3
    assert "2 images of a 3, or read as one, over which the models disagree" in said(page)


def test_a_link_names_the_runs_in_their_order_and_strangers_get_a_sentence(open_page: OpenPage, data: Dataset) -> None:
    first, second = model(data, range(2)), model(data, range(4))
    page = compare(open_page, second, "nobody_", first, second.id)
    assert "This run of the link is not here: nobody\\_. The link is old" in said(page)
    assert page.multiselect(key="compared-box").value == [second.id, first.id]
    assert page.query_params["runs"] == f"{second.id},{first.id}"
    checked(page.multiselect(key="compared-box").set_value([first.id]).run())
    assert page.query_params["runs"] == first.id
    assert "Choose 2 to 5 runs" in said(page)
    checked(page.multiselect(key="compared-box").set_value([]).run())
    assert "runs" not in page.query_params
    page = button(checked(page.multiselect(key="compared-box").set_value([first.id]).run()), "alone")
    assert page.query_params["run"] == first.id and "view" not in page.query_params


def test_models_judged_on_different_data_are_judged_again_on_the_same(open_page: OpenPage, data: Dataset) -> None:
    page = compare(open_page, model(data, range(2)), "best")  # MNIST is not on this machine
    assert "Judged on 360 images: Digits 8×8" in said(page)
    assert "A and B read every image as the same digit." in said(page)  # copies of one network


def test_a_run_without_a_model_is_compared_by_its_learning_curves_alone(open_page: OpenPage, data: Dataset) -> None:
    waiting = model(data, range(2))
    waiting.model_path.unlink()
    page = opened(compare(open_page, waiting, model(data, range(3)), model(data, range(4))), "Learning curves")
    assert "has no model. Only its learning curves are compared." in said(page)
    assert "Validation accuracy at the end: A 95.00 %, B 95.00 %, C 95.00 %." in said(page)
    checked(page.multiselect(key="compared-box").set_value([waiting.id, run_folders.all_runs()[0].id]).run())
    assert "Validation accuracy at the end: A 95.00 %, B 95.00 %." in said(page)


def test_a_model_that_cannot_be_judged_is_left_out_with_its_reason(open_page: OpenPage, data: Dataset) -> None:
    broken = model(data, range(2))
    broken.evaluation_path.write_bytes(b"nonsense")
    broken.model_path.write_bytes(b"nonsense")
    page = compare(open_page, broken, model(data, range(3)), "best")
    assert "cannot be loaded" in said(page) and "Judged on 360 images" in said(page)
    assert "C alone" not in [one.label for one in page.button]


def test_ten_runs_stand_side_by_side_and_an_eleventh_is_left_out(open_page: OpenPage, data: Dataset) -> None:
    several = [model(data, range(number)) for number in range(11)]
    page = compare(open_page, *several)
    assert "The link names 11 runs; the first 10 of them are compared." in said(page)
    assert counts(page)["wrong-J"] == "9" and "wrong-K" not in counts(page)
    assert "Choose up to 5 models, and the lab says which" in said(page)
    assert "A reads most images right, 100.00 %" in said(page)
    assert "Choose up to 5 runs to compare them digit by digit." in said(opened(page, "Digit by digit"))
    assert "Of 10 runs, the first 5 are drawn." in said(opened(page, "Learning curves"))


def test_runs_are_searched_and_filtered(open_page: OpenPage, data: Dataset) -> None:
    named, other = model(data, range(2)), model(data, range(3), "simple-cnn")
    named.write_label(RunLabel("*Zebra*", "stripes"), by=COMMAND_LINE)
    page = compare(open_page, named, other)
    assert "3 of 3 runs." in said(page) and "answers" not in said(page)
    checked(page.text_input(key="compared-search").set_value("STRIPES quick").run())
    assert "1 of 3 runs." in said(page) and "B 98.50 %" in said(page)  # what is hidden stays compared
    checked(page.text_input(key="compared-search").set_value("nothing like it").run())
    assert "No run matches" in said(page)
    page.text_input(key="compared-search").set_value("")
    checked(page.multiselect(key="compared-Recipe").set_value(["simple-cnn"]).run())
    assert "1 of 3 runs." in said(page)
    page.multiselect(key="compared-Recipe").set_value([])
    whose: Any = next(group for group in page.get("button_group") if getattr(group, "label", "") == "Show")
    checked(whose.set_value("Mine").run())
    assert "No run matches" in said(page)  # all were started on the command line


def test_published_results_stand_beside_those_measured_here(open_page: OpenPage, data: Dataset) -> None:
    page = opened(compare(open_page, "best", judged_on_mnist(data)), "Published results")
    assert "Judged on 10,000 images: MNIST's test images" in said(page)
    last = page.dataframe[-1].value.iloc[-1].to_dict()
    assert last == {
        "Recipe": "A first CNN",
        "Published": "above 98 %",
        "Run": "B",
        "Measured here": "99.64 % (99.50–99.74)",
        "Outcome": "reached for sure",
        "Other settings": "data, epochs",
    }
    assert page.dataframe[-1].value["Outcome"].tolist()[:4] == ["not tried here"] * 4


def test_where_the_images_are_not_here_the_stored_answers_are_still_compared(
    open_page: OpenPage, data: Dataset
) -> None:
    page = opened(compare(open_page, "best", judged_on_mnist(data)), "Images")
    assert "36 images that neither reads right" in said(page)
    assert "The images of this test set are not on this machine" in said(page)


def test_without_a_choice_the_two_newest_models_are_compared(open_page: OpenPage, data: Dataset) -> None:
    run = model(data, range(2))
    page = open_page("evaluate", view="several")
    assert page.multiselect(key="compared-box").value == [run.id, "best"]


# --- The data that they are judged on --------------------------------------------------------------------------------


def data_box(page: AppTest) -> Any:
    return next(box for box in page.selectbox if box.label == "Data to judge them on")


@pytest.mark.parametrize("named", ["upload", "/data/digits.zip", "own"])
def test_data_that_only_one_model_can_be_judged_on_leads_back_to_what_all_share(
    open_page: OpenPage, data: Dataset, named: str
) -> None:
    page = compare(open_page, model(data, range(2)), model(data, range(3)), data=named)
    assert "Judged on 200 images: The test set of their own data (simple.npz)" in said(page)
    assert "data" not in page.query_params


def test_the_two_views_remember_their_data_apart(open_page: OpenPage, data: Dataset) -> None:
    page = compare(open_page, model(data, range(2)), model(data, range(3)), data="digits-8x8")
    assert "Judged on 360 images: Digits 8×8" in said(page)
    assert page.session_state["compared-data"] == "digits-8x8"
    assert "judged-data" not in page.session_state


@pytest.mark.long
def test_what_all_share_comes_before_mnist_and_mnist_before_other_data(
    open_page: OpenPage, data: Dataset, real_mnist: Path
) -> None:
    page = compare(open_page, model(data, range(2)), model(data, range(3)))
    shared = "The test set of their own data (simple.npz)"
    assert data_box(page).options == [shared, "MNIST's test images", "Other data"]
    assert f"Judged on 200 images: {shared}" in said(page)
    page = checked(data_box(page).select("MNIST's test images").run())
    assert "Judged on 10,000 images: MNIST's test images" in said(page)
    assert page.query_params["data"] == "mnist"
    for _ in range(2):  # the box keeps its choice when the page runs again
        page = checked(page.run())
        assert data_box(page).value == "MNIST's test images"
    page = checked(data_box(page).select("Other data").run())
    assert data_box(checked(page.run())).value == "Other data"
    assert "Judged on 360 images: Digits 8×8" in said(page)
    page = checked(data_box(page).select(shared).run())
    assert "Judged on 200 images" in said(page) and "data" not in page.query_params


def test_a_table_is_judged_on_as_far_as_no_model_learned_from_it(
    open_page: OpenPage, data: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "table.csv").write_text(csv_text(*simple_images(30, 3)))
    table = sources.load(str(tmp_path / "table.csv"))
    strangers = model(data, range(2)), model(data, range(3))
    assert "Judged on 30 images: table.csv" in said(compare(open_page, *strangers, data=table.name))
    words = said(compare(open_page, model(table, range(1)), *strangers, data=table.name))
    number = len(table.test_labels)
    assert f"The {number} images that none of the models learned from." in words
    assert f"Judged on {number} images: table.csv" in words


def test_models_that_learned_from_the_images_are_named(open_page: OpenPage, data: Dataset, tmp_path: Path) -> None:
    other = dataclasses.replace(
        data, test_images=data.train_images[:40], test_labels=data.train_labels[:40], name=str(tmp_path / "other.npz")
    )
    np.savez(
        other.name,
        x_train=other.train_images,
        y_train=other.train_labels,
        x_test=other.test_images,
        y_test=other.test_labels,
    )
    words = said(compare(open_page, model(data, range(2)), "best", model(data, range(3)), data=other.name))
    assert "Judged on 40 images: other.npz" in words
    for name in "AC":
        assert f"40 of these 40 images are ones that {name} learned from, pixel for pixel in simple.npz" in words
    assert "that B learned from" not in words
