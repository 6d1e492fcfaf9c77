"""Curves, threshold, calibration and suspect labels on the Evaluate page."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import environment
from mnist_core.config.recipes import RECIPES
from mnist_core.data.dataset import Dataset
from mnist_core.evaluation import label_notes
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.inference.calibration import Calibration
from mnist_core.language import speaking
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from tests.pages.conftest import OpenPage, checked, said

MODEL = environment.PRETRAINED / "best"
CURVES, CALIBRATION, DOUBTS = "Curves and threshold", "Calibration", "Suspect labels"


def a_run(dataset: Dataset, path: Path, fitted: bool = True, share: float = 0.1) -> Run:
    """A judged run on 200 images: it reads four otherwise than labelled, two of them very surely."""
    reference = dataclasses.replace(dataset, name=str(path)).reference()
    run = run_folders.create(dataclasses.replace(RECIPES["quick"].config, validation_share=share), reference)
    run.model_path.write_bytes((MODEL / "model.tflite").read_bytes())
    labels = dataset.test_labels
    read, sure = labels.copy(), np.where(np.arange(len(labels)) % 4, 0.99, 0.8)
    for index, answer, probability in ((31, 7, 0.999), (52, 0, 0.995), (63, 8, 0.6), (74, 9, 0.5)):
        read[index], sure[index] = answer, probability
    probabilities = np.repeat((1 - sure[:, np.newaxis]) / 9, 10, axis=1).astype(np.float32)
    probabilities[np.arange(len(labels)), read] = sure
    Evaluation.measure(probabilities, labels, dataset.identity).save(run.evaluation_path)
    if fitted:
        Calibration(temperature=0.9, refused=0.0, images=300).save(run.calibration_path)
    run.write_status(Status("done"))
    return run


@pytest.fixture
def run(simple_dataset: Dataset, simple_npz: Path) -> Run:
    return a_run(simple_dataset, simple_npz)


def tab(open_page: OpenPage, run: Run, name: str) -> AppTest:
    """Opens the Evaluate page, and one of its tabs."""
    page = open_page("evaluate", run=run.id)
    page.session_state["tab"] = name
    return checked(page.run())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Doubtful labels", "Suspect labels"),
        pytest.param("Where it breaks", "Robustness", marks=pytest.mark.long),
        ("Report to keep", "Report"),
    ],
)
def test_a_link_of_an_earlier_release_opens_its_tab(open_page: OpenPage, run: Run, old: str, new: str) -> None:
    page = open_page("evaluate", run=run.id, tab=old)
    for _ in range(2):
        assert page.session_state["tab"] == new and opened(page) == new
        checked(page.run())
    page.session_state["tab"] = "Calibration"
    assert opened(checked(page.run())) == "Calibration"


def test_a_tab_stays_open_and_in_the_address_in_another_language(open_page: OpenPage, run: Run) -> None:
    page = open_page("evaluate", run=run.id, tab="Calibration", lang="de")
    assert opened(page) == "Kalibrierung" and "Calibration" in page.query_params["tab"]
    page.selectbox(key="lang-choice").set_value("en")
    with speaking("de"):  # which the widgets' names still are, by which `AppTest` finds their values
        checked(page.run())
    assert opened(page) == "Calibration" and "Calibration" in page.query_params["tab"]


def opened(page: AppTest) -> str:
    """The open tab of the Evaluate page."""
    return str(page.tabs[page.get("tab_container")[0].proto.tab_container.default_tab_index].label)


def control(page: AppTest, kind: str, label: str) -> Any:
    return next(one for one in getattr(page, kind) if one.label.startswith(label))


def table(page: AppTest) -> Any:
    """The table of areas."""
    return next(one.value for one in page.dataframe if "AUC" in one.value)


# --- Curves and threshold ----------------------------------------------------------------------------------------


def test_the_curves_of_a_digit_and_the_table_of_all(open_page: OpenPage, run: Run) -> None:
    page = tab(open_page, run, CURVES)
    assert "may be read as a 0" in said(page) and "images of a 0 must be found" in said(page)
    shown = table(page)
    assert shown["Digit"].tolist() == [*map(str, range(10)), "mean"] and shown["Images"].iloc[-1] == 200
    assert shown["AUC"].iloc[-1] == pytest.approx(shown["AUC"].iloc[:10].mean())
    control(page, "selectbox", "Digit").set_value(7)
    checked(page.run())
    assert "may be read as a 7" in said(page) and "Only the corner is shown" in said(page)
    control(page, "button_group", "Axes").set_value("Whole")
    checked(page.run())
    assert "may be read as a 7" in said(page) and "Only the corner is shown" not in said(page)


def test_the_curves_of_a_weak_model_need_no_corner(open_page: OpenPage, run: Run) -> None:
    stored = Evaluation.load(run.evaluation_path)
    turned = np.roll(stored.labels, 1)
    Evaluation.measure(stored.probabilities, turned, stored.identity).save(run.evaluation_path)
    page = tab(open_page, run, CURVES)
    assert not [one for one in page.button_group if one.label == "Axes"]
    assert "may be read as a 0" in said(page) and "Only the corner" not in said(page)


def test_the_slider_says_what_it_refuses_and_shows_the_images(open_page: OpenPage, run: Run) -> None:
    page = tab(open_page, run, CURVES)
    slider = control(page, "select_slider", "Refuse answers")
    assert slider.value == 0.9 and "Below 90 % it refuses" in said(page)
    slider.set_value(0.7)
    checked(page.run())
    assert "Mistakes let through: 2, caught: 2. Right answers lost: 0." in said(page)
    assert shown_closer(page) == ["✗ #31 is 1, read as 7, > 99 %", "✗ #52 is 2, read as 0, > 99 %"]
    control(page, "button_group", "Images behind it").set_value("Mistakes caught")
    checked(page.run())
    assert shown_closer(page) == ["✗ #63 is 3, read as 8, 67 %", "✗ #74 is 4, read as 9, 56 %"]
    control(page, "button_group", "Images behind it").set_value("Right answers refused")
    checked(page.run())
    assert "Right answers refused: none at this threshold." in said(page)


def shown_closer(page: AppTest) -> list[str]:
    """The names of the images in the gallery of the tab, which comes after that of the page."""
    options: list[str] = [one.options for one in page.selectbox if one.label == "Look closer at"][-1]
    return options


def test_a_digit_without_images_is_said(open_page: OpenPage, run: Run) -> None:
    stored = Evaluation.load(run.evaluation_path)
    some = stored.labels != 6
    Evaluation.measure(stored.probabilities[some], stored.labels[some], stored.identity).save(run.evaluation_path)
    page = tab(open_page, run, CURVES)
    assert "No image shows a 6 here" in said(page)
    assert np.isnan(float(table(page)["AUC"].iloc[6]))


# --- Calibration -------------------------------------------------------------------------------------------------


def test_calibration_is_shown_before_and_after_with_what_it_was_fitted_on(open_page: OpenPage, run: Run) -> None:
    page = tab(open_page, run, CALIBRATION)
    words = said(page)
    assert "Here it is 0.90 and makes the model more sure." in words and "300 validation images" in words
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Temperature"] == "0.90" and {"Calibration error", "After the correction"} <= metrics.keys()
    assert any("Images, after" in one.value for one in page.dataframe)


def test_a_run_without_a_temperature_says_so(open_page: OpenPage, simple_dataset: Dataset, simple_npz: Path) -> None:
    page = tab(open_page, a_run(simple_dataset, simple_npz, fitted=False), CALIBRATION)
    assert "This model was not corrected" in said(page)
    assert "Temperature" not in {metric.label for metric in page.metric}


def test_a_temperature_of_the_test_images_says_so(
    open_page: OpenPage, simple_dataset: Dataset, simple_npz: Path
) -> None:
    page = tab(open_page, a_run(simple_dataset, simple_npz, share=0.0), CALIBRATION)
    assert "300 test images themselves" in said(page)


# --- Suspect labels ----------------------------------------------------------------------------------------------


def keep(page: AppTest, index: int, verdict: str | None, text: str = "") -> None:
    """Fills the form of an image and presses its button."""
    key = next(str(one.key) for one in page.text_input if str(one.key).startswith(f"doubt-{index}-"))
    page.text_input(key).set_value(text)
    next(one for one in page.button_group if one.key == key.replace("-text", "-verdict")).set_value(verdict)
    cards = [str(one.key) for one in page.text_input if str(one.key).startswith("doubt-")]
    [button for button in page.button if button.label == "Save"][cards.index(key)].click()
    checked(page.run())


def cards(page: AppTest) -> list[int]:
    return [int(str(one.key).split("-")[1]) for one in page.text_input if str(one.key).startswith("doubt-")]


def test_suspect_labels_are_shown_and_notes_on_them_kept(
    open_page: OpenPage, run: Run, simple_dataset: Dataset, simple_npz: Path
) -> None:
    page = tab(open_page, run, DOUBTS)
    assert "the model strongly disagrees with 2 labels" in said(page)
    assert cards(page) == [31, 52] and "0 of 2 images looked at." in said(page)
    keep(page, 31, "label is wrong", "a *seven*")
    (note,) = label_notes.load(simple_dataset.identity).values()
    assert (note.verdict, note.text) == ("label is wrong", "a *seven*")
    assert "1 of 2 images looked at, label is wrong: 1." in said(page)
    # Another model on the same data shows them too.
    other = tab(open_page, a_run(simple_dataset, simple_npz, fitted=False), DOUBTS)
    assert "1 of 2 images looked at" in said(other)
    assert "Its probabilities are not calibrated" in said(other)
    keep(other, 31, None)
    assert label_notes.load(simple_dataset.identity) == {}


def test_those_that_were_looked_at_can_be_left_out(open_page: OpenPage, run: Run, simple_dataset: Dataset) -> None:
    label_notes.keep(simple_dataset.identity, 52, "cannot tell")
    page = tab(open_page, run, DOUBTS)
    control(page, "toggle", "Only those not").set_value(True)
    checked(page.run())
    assert cards(page) == [31]
    keep(page, 31, "label is right")
    assert cards(page) == [] and "All of these were looked at." in said(page)
    control(page, "button_group", "Disagreement").set_value("All")
    checked(page.run())
    assert sorted(cards(page)) == [63, 74]


def test_a_note_without_a_verdict_asks_for_one(open_page: OpenPage, run: Run, simple_dataset: Dataset) -> None:
    page = tab(open_page, run, DOUBTS)
    keep(page, 52, None, "hm")
    assert "Say first what you see in #52" in said(page)
    assert label_notes.load(simple_dataset.identity) == {}


def test_damaged_notes_get_their_sentence_and_the_page_stays(
    open_page: OpenPage, run: Run, simple_dataset: Dataset
) -> None:
    path = label_notes.path_of(simple_dataset.identity)
    path.parent.mkdir(parents=True)
    path.write_text("{")
    page = tab(open_page, run, DOUBTS)
    assert "is not readable JSON" in said(page) and page.metric
    assert path.read_text() == "{"


def test_a_note_that_another_session_changed_is_shown_anew(
    open_page: OpenPage, run: Run, simple_dataset: Dataset
) -> None:
    page = tab(open_page, run, DOUBTS)
    label_notes.keep(simple_dataset.identity, 31, "cannot tell", "from elsewhere")
    checked(page.run())
    assert [one.value for one in page.text_input if str(one.key).startswith("doubt-31-")] == ["from elsewhere"]


def test_many_contradictions_are_paged(open_page: OpenPage, run: Run) -> None:
    stored = Evaluation.load(run.evaluation_path)
    turned = np.roll(stored.probabilities, 1, axis=0)
    Evaluation.measure(turned, stored.labels, stored.identity).save(run.evaluation_path)
    page = tab(open_page, run, DOUBTS)
    control(page, "button_group", "Disagreement").set_value("All")
    checked(page.run())
    first = cards(page)
    control(page, "number_input", "Page of labels").set_value(2)
    checked(page.run())
    assert len(first) == len(cards(page)) == 6 and not set(first) & set(cards(page))


@pytest.mark.parametrize("name", [CURVES, DOUBTS])
def test_without_the_images_the_view_says_so(open_page: OpenPage, run: Run, simple_npz: Path, name: str) -> None:
    simple_npz.unlink()
    page = tab(open_page, run, name)
    assert sum("are not on this machine" in info.value for info in page.info) >= 2  # the page's own, and the tab's
