"""The Draw page: numbers, the microscope, other models, the truth; and where labelled drawings turn up."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.data.collection.store import Collection
from mnist_core.evaluation.ablation import ALL, FILE_NAME, STEP_NAMES, Ablation
from mnist_core.mnist import NO_DIGIT
from mnist_core.preprocessing.canvas import to_canvas
from mnist_core.preprocessing.strokes import Strokes
from mnist_core.runs import run_folders
from mnist_core.ui.collection import fingerprint
from tests.conftest import simple_strokes
from tests.pages.conftest import OpenPage, checked, said, told


def draw(page: AppTest, strokes: Strokes) -> AppTest:
    """Sends what the canvas would send."""
    raw = {"objects": to_canvas(strokes)}
    page.session_state["canvas-0"] = {"drawing": {"raw": raw, "data": None}, "backgroundFit": None}
    return checked(page.run())


def prediction(page: AppTest) -> str:
    return told(page, "digit")[0]


def switch(page: AppTest, label: str) -> Any:
    return next(toggle for toggle in page.toggle if toggle.label == label)


def truth(page: AppTest) -> Any:
    return next(group for group in page.button_group if group.label == "It was a …")


@pytest.fixture
def second_model(temporary_home: Path) -> str:
    """A model of a run beside the shipped one."""
    name = "20260101-000000-000000-quick-0000"
    shutil.copytree(run_folders.find(run_folders.SHIPPED_MODEL).folder, temporary_home / "runs" / name)
    return name


def test_digits_side_by_side_are_shown_as_a_number(open_page: OpenPage) -> None:
    strokes = [
        stroke + np.array([100 * place, 100]) for place, digit in enumerate((4, 2)) for stroke in simple_strokes(digit)
    ]
    page = draw(open_page("draw"), strokes)
    assert prediction(page) == "42"
    assert "2 digits, read as 42." in said(page)
    assert "Centre of mass" not in [toggle.label for toggle in page.toggle]


def test_a_scribble_gets_no_digit(open_page: OpenPage) -> None:
    random = np.random.default_rng(4)
    page = draw(open_page("draw"), [random.uniform(40, 280, (40, 2))])
    assert prediction(page) == "–"
    assert "Not a digit" in said(page)


def test_the_page_says_how_often_a_model_notices_what_is_no_digit(open_page: OpenPage) -> None:
    page = open_page("draw")
    assert "Shown something that is no digit, this model notices it 88 times out of 100." in said(page)
    assert "The shipped model says" in told(page, "title")


def test_a_model_of_ones_own_says_so_and_the_shipped_one_answers_beside_it(
    open_page: OpenPage, second_model: str
) -> None:
    path = run_folders.find(second_model).folder / "config.json"
    config = json.loads(path.read_text())
    config["config"] |= {"recipe": "quick", "non_digits": 0.0, "also": ""}
    path.write_text(json.dumps(config))
    page = draw(open_page("draw", run=second_model), [stroke * 2 for stroke in simple_strokes(4)])
    assert told(page, "title") == ["The quick model says", "The shipped model says"]
    assert told(page, "digit") == ["4", "4"]
    # Its answer and what it sees stand together; the other model and the bars follow.
    (shown,) = (
        one.proto.body
        for one in page.get("html")
        if "answer-title" in one.proto.body and "<style" not in one.proto.body
    )
    places = [shown.index(part) for part in ("answer-words", "<figure", "answer-other", 'class="probabilities"')]
    assert places == sorted(places)
    page.session_state["microscope-is-open"] = True
    checked(page.run())
    assert "**The quick model says: A 4, " in said(page), "the microscope says whose answer it explains"
    assert "It was only ever shown digits. So it cannot really tell what is no digit." in said(page)
    assert "times out of 100" not in said(page)


def test_a_new_tab_knows_the_newest_model_of_its_browser(
    open_page: OpenPage, second_model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told(open_page("draw"), "title") == ["The shipped model says"], "it is nobody's"
    for module in ("choices", "draw.answering"):
        monkeypatch.setattr(f"mnist_core.ui.{module}.owner", lambda: "me")
    older, newest = second_model, "20260102-000000-000000-quick-0000"
    shutil.copytree(run_folders.find(older).folder, run_folders.find(older).folder.parent / newest)
    for name in (older, newest):
        path = run_folders.find(name).folder / "config.json"
        config = json.loads(path.read_text())
        config["config"] |= {"recipe": "quick", "also": ""}
        path.write_text(json.dumps(config | {"owner": "me"}))
    page = open_page("draw")
    assert page.query_params["run"] == newest
    assert told(page, "title") == ["Your quick model says", "The shipped model says"]


def test_what_is_no_digit_can_be_kept_as_such(open_page: OpenPage) -> None:
    random = np.random.default_rng(4)
    page = draw(open_page("draw"), [random.uniform(40, 280, (40, 2))])
    truth(page).set_value(NO_DIGIT)
    checked(page.run())
    assert "Kept as no digit." in said(page)
    assert [drawing.label for drawing in Collection().drawings()] == [NO_DIGIT]


def test_the_digits_of_a_number_are_labelled_one_by_one(open_page: OpenPage) -> None:
    strokes = [
        stroke + np.array([100 * place, 100]) for place, digit in enumerate((4, 2)) for stroke in simple_strokes(digit)
    ]
    page = draw(open_page("draw"), strokes)
    assert "It was a …" not in [group.label for group in page.button_group]
    page.session_state["digit-chosen"] = (fingerprint(strokes_drawn_by(page)), 1)
    checked(page.run())
    next(group for group in page.button_group if group.label == "Digit 2 was a …").set_value(2)
    checked(page.run())
    (kept,) = Collection().drawings()
    assert (kept.label, kept.digit, kept.verdict) == (2, 2, "digit")
    assert np.concatenate(kept.strokes)[:, 0].min() > 90  # nothing of the 4


def strokes_drawn_by(page: AppTest) -> Strokes:
    """The drawing as the page has it."""
    strokes: Strokes = page.session_state["strokes"]
    return strokes


def test_why_and_the_microscope_stay_as_they_were_left(open_page: OpenPage) -> None:
    page = draw(open_page("draw"), [stroke * 2 for stroke in simple_strokes(4)])
    assert "Centre of mass" not in [toggle.label for toggle in page.toggle], "nothing is painted that nobody looks at"
    page.session_state["microscope-is-open"] = True
    page.session_state["why-is-open"], page.session_state["why-shown"] = True, "What they look for"
    page = draw(page, [])
    assert "Centre of mass" not in [toggle.label for toggle in page.toggle]
    page = draw(page, [stroke * 2 for stroke in simple_strokes(7)])
    assert "Each picture is one filter of the first layer" in said(page)
    assert "Centre of mass" in [toggle.label for toggle in page.toggle]


def test_a_step_switched_off_changes_the_answer_and_is_named(open_page: OpenPage) -> None:
    page = open_page("draw")
    page.session_state["microscope-is-open"] = True
    page = draw(page, [stroke * 2 for stroke in simple_strokes(4)])
    assert prediction(page) == "4" and "Prepared without" not in said(page)
    switch(page, "White on black").set_value(False)
    checked(page.run())
    assert "Prepared without: White on black" in said(page)
    switch(page, "White on black").set_value(True)
    checked(page.run())
    assert prediction(page) == "4" and "Prepared without" not in said(page)


def test_the_microscope_names_the_measured_cost(open_page: OpenPage, second_model: str) -> None:
    accuracies = {ALL: 0.99} | dict.fromkeys(STEP_NAMES, 0.985)
    Ablation(accuracies, accuracies | {"crop": 0.79}, 2000, 1996).save(
        run_folders.find(second_model).folder / FILE_NAME
    )
    page = open_page("draw", run=second_model)
    page.session_state["microscope-is-open"] = True
    page = draw(page, simple_strokes(4))
    assert "Without this step it reads 5 fewer of 1,000 MNIST digits, and 20 fewer of 100 drawings." in said(page)


def test_two_models_answer_side_by_side(open_page: OpenPage, second_model: str) -> None:
    page = draw(open_page("draw"), [stroke * 2 for stroke in simple_strokes(4)])
    compared = next(widget for widget in page.multiselect if widget.label == "Compare with")
    assert compared.options
    compared.set_value([second_model])
    checked(page.run())
    assert "All of them say 4." in said(page)


def test_one_tap_keeps_a_drawing_once_and_another_corrects_it(open_page: OpenPage) -> None:
    page = draw(open_page("draw"), [stroke * 2 for stroke in simple_strokes(4)])
    truth(page).set_value(9)
    checked(page.run())
    checked(page.run())
    (kept,) = Collection().drawings()
    assert (kept.label, kept.digit, kept.verdict, kept.model) == (9, 4, "digit", run_folders.SHIPPED_MODEL)
    truth(page).set_value(4)
    checked(page.run())
    assert [drawing.label for drawing in Collection().drawings()] == [4]
    undo = page.button(key="undo-label")
    assert undo.label == "Undo"
    undo.click()
    checked(page.run())
    assert Collection().count() == 0


def test_nothing_drawn_asks_no_question_and_says_so(open_page: OpenPage) -> None:
    page = open_page("draw")
    assert prediction(page) == "–" and "Nothing drawn yet." in said(page)
    assert "It was a …" not in [group.label for group in page.button_group]


def test_why_is_computed_only_when_it_is_opened(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    from mnist_core.inference import explain

    def never(*_: object) -> None:
        raise AssertionError("computed without being asked for")

    monkeypatch.setattr(explain, "what_mattered", never)
    draw(open_page("draw"), [stroke * 2 for stroke in simple_strokes(4)])


def test_the_collection_is_shown_filtered_and_deleted_on_explore(open_page: OpenPage) -> None:
    page = open_page("explore", data="digits-8x8")
    assert "No drawings yet" in said(page)
    for label in (3, 3, 7):
        Collection().add(
            simple_strokes(label), label, session="a", digit=3, verdict="digit", probability=0.9, model="best"
        )
    page = open_page("explore", data="digits-8x8")
    assert "3 drawings, 1 of them misread by the model that answered." in said(page)
    assert "7: 1, 8: 0, 9: 0; no digit: 0" in said(page)
    next(box for box in page.selectbox if box.label == "Digit drawn").set_value(7)
    checked(page.run())
    (number,) = [drawing.id for drawing in Collection().drawings(7)]
    page.session_state["drawings-chosen"] = {number}  # as a press on its picture does
    checked(page.run())
    assert "1 drawing chosen" in said(page)
    next(button for button in page.button if button.label == "Delete").click()
    checked(page.run())
    assert [drawing.label for drawing in Collection().drawings()] == [3, 3]
    assert "1 drawing is deleted." in said(page)
    next(button for button in page.button if button.label == "Undo").click()
    checked(page.run())
    assert [drawing.label for drawing in Collection().drawings()] == [7, 3, 3]
    next(button for button in page.button if button.label == "Delete all").click()
    checked(page.run())
    assert Collection().count() == 3  # a second word is asked for
    assert "Delete" in [button.label for button in page.button]


def test_the_collection_can_be_explored_as_data(open_page: OpenPage) -> None:
    for label in range(8):
        Collection().add(
            simple_strokes(label), label, session="a", digit=3, verdict="digit", probability=0.9, model="best"
        )
    assert "Drawings of this lab" in said(open_page("explore", data="collection"))


@pytest.mark.parametrize("value", [{"drawing": 5}, {"drawing": [1]}, {"drawing": {"raw": 5}}, {"drawing": {}}, {}])
def test_what_is_no_value_of_the_canvas_does_no_harm(open_page: OpenPage, value: dict[str, object]) -> None:
    page = draw(open_page("draw"), [stroke * 2 for stroke in simple_strokes(4)])
    page.session_state["canvas-0"] = value
    next(button for button in page.button if button.label == "Undo").click()
    checked(page.run())
    assert prediction(page) in ("4", "–", "1", "6", "0")


def test_a_drawing_that_was_deleted_elsewhere_is_not_called_kept(open_page: OpenPage) -> None:
    page = draw(open_page("draw"), [stroke * 2 for stroke in simple_strokes(4)])
    truth(page).set_value(4)
    checked(page.run())
    assert "Kept as a 4" in said(page)
    Collection().clear(by=COMMAND_LINE)
    checked(page.run())
    assert "Kept as a 4" not in said(page) and "was deleted from the collection" in said(page)
    assert Collection().count() == 0


def test_a_spoiled_preparation_asks_no_question(open_page: OpenPage) -> None:
    page = open_page("draw")
    page.session_state["microscope-is-open"] = True
    page = draw(page, [stroke * 2 for stroke in simple_strokes(4)])
    switch(page, "White on black").set_value(False)
    checked(page.run())
    assert "It was a …" not in [group.label for group in page.button_group]


def test_the_next_drawing_is_kept_after_the_home_or_its_database_was_deleted(
    open_page: OpenPage, temporary_home: Path
) -> None:
    page = open_page("draw")
    for digit in (4, 7, 1):
        page = draw(page, [stroke * 2 for stroke in simple_strokes(digit)])
        truth(page).set_value(digit)
        checked(page.run())
        assert f"Kept as a {digit}" in said(page) and "it is the lab's first drawing" in said(page)
        if digit == 4:
            shutil.rmtree(temporary_home)
        else:
            (temporary_home / "collection.sqlite").unlink()
