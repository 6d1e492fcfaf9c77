"""The Evaluate page's figures, and the images behind them; pressing is tested in a real browser."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import environment
from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.data.dataset import Dataset
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.significance import wilson
from mnist_core.formatting import listed
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.runs.status import Status
from mnist_core.ui.frame import plain
from tests.pages.conftest import OpenPage, checked, said
from tests.support.markup import buttons


@pytest.fixture
def data(simple_dataset: Dataset, simple_npz: Path) -> Dataset:
    """As many test images as the answers of `judged` are about, more than a page shows."""
    return dataclasses.replace(simple_dataset, name=str(simple_npz))


def judged(data: Dataset, wrong: int = 80) -> Run:
    """A run that reads the first images of the test set wrong, each as the next digit, and is surer of later ones."""
    run = run_folders.create(dataclasses.replace(RECIPES["quick"].config, epochs=2), data.reference())
    labels = data.test_labels
    first, second = labels.copy(), (labels + 1) % 10
    first[:wrong], second[:wrong] = second[:wrong], first[:wrong].copy()
    sure = np.linspace(0.51, 0.9, len(labels))[:, np.newaxis]
    probabilities = sure * np.eye(10)[first] + (1 - sure) * np.eye(10)[second]
    Evaluation.measure(probabilities, labels, data.identity).save(run.evaluation_path)
    run.model_path.write_bytes((environment.PRETRAINED / run_folders.SHIPPED_MODEL / "model.tflite").read_bytes())
    run.write_status(Status("done", epoch=2, epochs=2, test_accuracy=1 - wrong / len(labels)))
    return run


def metric(page: AppTest, label: str) -> str:
    return str(next(metric.value for metric in page.metric if metric.label == label))


def shown(page: AppTest, kind: str) -> list[dict[str, str]]:
    """The buttons of the `matrix`, the `report` or the `pictures`."""
    mark = {"matrix": "Confusion matrix", "report": "Classification report", "pictures": 'class="images"'}[kind]
    sent = [json.loads(one.proto.json or one.proto.mixed.json or "{}") for one in page.get("bidi_component")]
    (html,) = [one["html"] for one in sent if mark in one.get("html", "")]
    return buttons(html)


def pictures(page: AppTest) -> list[int]:
    return [int(one["data-choice"]) for one in shown(page, "pictures")]


def box(page: AppTest, label: str) -> Any:
    return next(box for box in page.selectbox if box.label == label)


def test_the_headline_says_what_the_evaluation_says(open_page: OpenPage, data: Dataset) -> None:
    page = open_page("evaluate", run=judged(data).id)
    assert metric(page, "Test accuracy") == "60.00 %" and metric(page, "Wrong") == "80 of 200"
    low, high = wilson(120, 200)
    assert metric(page, "Likely between") == f"{100 * low:.2f}–{100 * high:.2f} %"


def test_models_of_the_same_name_and_accuracy_can_all_be_chosen(open_page: OpenPage, data: Dataset) -> None:
    models = [judged(data), judged(data)]
    for model, number in zip(models, (10, 11), strict=True):
        model.write_label(RunLabel("Ours"), by=COMMAND_LINE)
        parts = np.full((len(data.test_labels), 10), 0.05)
        parts[np.arange(len(parts)), (data.test_labels + (np.arange(len(parts)) < number)) % 10] = 0.55
        Evaluation.measure(parts, data.test_labels, data.identity).save(model.evaluation_path)
    page = open_page("evaluate", run=models[0].id)
    assert metric(page, "Wrong") == "10 of 200"
    checked(box(page, "Model").select(models[1].id).run())
    assert metric(page, "Wrong") == "11 of 200" and page.query_params["run"] == models[1].id
    checked(box(page, "Model").select(models[0].id).run())
    assert metric(page, "Wrong") == "10 of 200"


def test_all_mistakes_come_first_by_the_page(open_page: OpenPage, data: Dataset) -> None:
    page = open_page("evaluate", run=judged(data).id)
    assert "All 80 images that are read wrong. The most confident mistakes come first." in said(page)
    assert pictures(page) == list(range(79, 19, -1))
    next(number for number in page.number_input if number.label == "Page (of 2)").set_value(2)
    checked(page.run())
    assert pictures(page) == list(range(19, -1, -1))


def test_fewer_images_begin_at_their_first_page(open_page: OpenPage, data: Dataset) -> None:
    page = open_page("evaluate", run=judged(data).id, show="all")
    next(number for number in page.number_input if number.label == "Page (of 4)").set_value(4)
    checked(page.run())
    assert len(pictures(page)) == 20
    next(group for group in page.button_group if group.label == "Show").set_value("mistakes")
    checked(page.run())
    assert pictures(page)[0] == 79


def test_the_boxes_choose_a_cell_and_the_address_holds_it(open_page: OpenPage, data: Dataset) -> None:
    page = open_page("evaluate", run=judged(data).id)
    box(page, "Actual digit").set_value("4")
    box(page, "Read as").set_value("5")
    checked(page.run())
    assert pictures(page) == [74, 64, 54, 44, 34, 24, 14, 4]
    assert "The 8 images of a 4 that are read as 5, the most confident first." in said(page)
    assert [one["data-choice"] for one in shown(page, "matrix") if "aria-current" in one] == ["4-5"]
    assert page.query_params["actual"] == "4" and page.query_params["predicted"] == "5"


def test_a_link_leads_to_the_images_of_a_digit(open_page: OpenPage, data: Dataset) -> None:
    page = open_page("evaluate", run=judged(data).id, predicted="4", show="all")
    assert "The 20 images that are read as 4, the most confident first." in said(page)
    assert pictures(page)[0] == 194 and set(pictures(page)) == {*range(3, 80, 10), *range(84, 200, 10)}
    assert len([one for one in shown(page, "matrix") if "aria-current" in one]) == 2


@pytest.mark.parametrize(
    "query", [{"actual": "77"}, {"predicted": "<b>"}, {"show": "nothing"}, {"view": "all"}, {"tab": "no"}]
)
def test_a_link_that_chooses_what_is_not_there_says_so_and_shows_the_mistakes(
    open_page: OpenPage, data: Dataset, query: dict[str, str]
) -> None:
    page = open_page("evaluate", run=judged(data).id, **query)
    assert "All 80 images that are read wrong" in said(page)
    assert [warning.value.split(",")[0] for warning in page.warning] == [
        f"This link asks for “{plain(next(iter(query.values())))}”"
    ]


def test_a_chosen_image_is_looked_at_closer(open_page: OpenPage, data: Dataset) -> None:
    page = open_page("evaluate", run=judged(data).id)
    closer = box(page, "Look closer at")
    assert closer.value == 79 and "**✗ #79 is 9, read as 0, 66 %**" in said(page)
    closer.set_value(41)
    checked(page.run())
    assert "**✗ #41 is 1, read as 2, 59 %**" in said(page)
    assert "Most probable: 2 with 59 %, then 1 with 41 %." in said(page)
    assert "training digits most like it" not in said(page)  # who is wrong is decided before the network says why
    page.session_state["images-why-41"] = True
    assert "training digits most like it" in said(checked(page.run()))
    assert [one["data-choice"] for one in shown(page, "pictures") if "aria-current" in one] == ["41"]


def test_what_is_confused_most_is_told_to_whoever_opens_it(open_page: OpenPage, data: Dataset) -> None:
    page = open_page("evaluate", run=judged(data).id)
    (folded,) = [one for one in page.expander if one.label.startswith("What is confused most?")]
    pairs = listed([f"{digit} read as {(digit + 1) % 10}" for digit in range(10)])
    assert [text.value for text in folded.markdown] == [f"Most often confused: {pairs}, 8 times each."]


def test_a_run_that_another_page_showed_by_its_address_is_judged_here(open_page: OpenPage, data: Dataset) -> None:
    run = judged(data)
    for other in ("models", "train"):
        page = open_page(other, run=run.id)
        assert page.session_state["run"] == run.id
        page.query_params.clear()
        checked(page.switch_page("pages/evaluate.py").run())
        assert metric(page, "Test accuracy") == "60.00 %" and page.query_params["run"] == run.id


def test_a_cell_without_images_says_so(open_page: OpenPage, data: Dataset) -> None:
    page = open_page("evaluate", run=judged(data).id, actual="4", predicted="9")
    assert "There is no image of a 4 that is read as 9." in said(page)
    assert not [one for one in page.selectbox if one.label == "Look closer at"]


def test_a_model_without_mistakes_is_told_so(open_page: OpenPage, data: Dataset) -> None:
    page = open_page("evaluate", run=judged(data, wrong=0).id)
    assert "No mistakes: every image of this test set is read right." in said(page)


def test_numbers_and_diagonal_can_be_changed(open_page: OpenPage, data: Dataset) -> None:
    page = open_page("evaluate", run=judged(data).id)
    next(group for group in page.button_group if group.label == "Numbers").set_value("by actual")
    page.toggle[0].set_value(True)
    checked(page.run())
    assert next(one["text"] for one in shown(page, "matrix") if one["data-choice"] == "4-5") == "40.0"


@pytest.mark.parametrize("choice", ["4-5", "-9-all", "nonsense", "4-5-"])
def test_what_comes_from_the_browser_is_looked_up(choice: str) -> None:
    script = (
        "import streamlit as st\nfrom mnist_core.ui.evaluate import view_choice\n"
        f"if st.button('press', on_click=view_choice.select, args=[{choice!r}]): pass\n"
        "st.text(view_choice.choose_selection().choice)"
    )
    page = AppTest.from_string(script)
    checked(page.run())
    page.button[0].click()
    checked(page.run())
    assert page.text[0].value == (choice if choice in ("4-5", "-9-all") else "-")


def test_the_views_are_in_the_address() -> None:
    script = (
        "import streamlit as st\nfrom mnist_core.ui.evaluate import view_choice\n"
        "st.text(view_choice.choose_view({'one': 'One', 'several': 'Several'}))"
    )
    page = AppTest.from_string(script)
    page.query_params["view"] = "several"
    checked(page.run())
    assert page.text[0].value == "several"
    for chosen, address in (("one", None), ("several", "several"), ("one", None)):
        page.button_group[0].set_value(chosen)
        checked(page.run())
        assert page.text[0].value == chosen
        assert page.query_params.get("view") == address
