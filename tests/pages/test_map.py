"""The map of the digits, and where a model breaks, as parts of a page."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from mnist_core.environment import PRETRAINED
from mnist_core.evaluation import digit_map, robustness
from mnist_core.evaluation.corruptions import KINDS
from mnist_core.evaluation.robustness import Robustness
from mnist_core.files import cache
from mnist_core.formatting import confidence
from mnist_core.inference.calibration import Calibration
from mnist_core.ui.evaluate import robustness as robustness_view
from tests.pages.conftest import checked, said

MODEL = PRETRAINED / "best" / "model.tflite"
IMAGES = 40


def given(number: int) -> tuple[object, object, np.ndarray]:
    """The shipped model, its answers to simple digits, the first two of which are labelled wrongly, and the digits."""
    from mnist_core.evaluation.evaluation import Evaluation
    from mnist_core.runs import run_folders
    from mnist_core.ui.loaders import classifier
    from tests.conftest import simple_images

    run = run_folders.find("best")
    images, labels = simple_images(number, 3)
    labels[:2] = (labels[:2] + 1) % 10
    return run, Evaluation.measure(classifier(run).probabilities(images), labels), images


def map_page(number: int, here: bool) -> None:
    from mnist_core.ui.evaluate.digit_map import show_map
    from tests.pages.test_map import given

    run, evaluation, images = given(number)
    show_map(run, evaluation, images if here else None)  # type: ignore[arg-type]


def robustness_page(number: int, here: bool) -> None:
    from mnist_core.ui.evaluate.robustness import show_robustness
    from tests.pages.test_map import given

    run, evaluation, images = given(number)
    show_robustness(run, evaluation, images if here else None)  # type: ignore[arg-type]


def answered(page: AppTest) -> AppTest:
    """The page once its question is answered."""
    return checked(page.toggle(key="robustness-answer").set_value(True).run())


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    import streamlit as st

    st.cache_resource.clear()


def opened(page: Callable[[int, bool], None], number: int = IMAGES, here: bool = True) -> AppTest:
    return checked(AppTest.from_function(page, default_timeout=60, args=(number, here)).run())


# --- The map -------------------------------------------------------------------------------------------------------


def test_the_map_says_what_it_shows_and_a_number_shows_its_image(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[int] = []
    monkeypatch.setattr("mnist_core.ui.evaluate.digit_map.show_closer", lambda *arguments: shown.append(arguments[3]))
    page = opened(map_page)
    words = said(page)
    assert "What the network finds alike lies close together. The map shows all 40 images." in words
    assert "the numbers that the network has before its last layer" in words and "(variance)" in words
    assert "trustworthiness" in words
    assert len(page.get("vega_lite_chart")) == 1
    assert shown == []
    checked(page.number_input(key="map-image").set_value(17).run())
    assert shown == [17]


def test_tsne_is_made_on_request_and_stays_on_the_disk(temporary_home: Path) -> None:
    page = opened(map_page)
    folder = temporary_home / "cache" / "maps"
    assert [path.name.split("-", 1)[1] for path in folder.iterdir()] == ["pca-1.npz"]
    checked(page.segmented_control(key="map-kind").set_value("t-SNE").run())
    assert "(variance)" not in said(page)
    assert sorted(path.name.split("-", 1)[1] for path in folder.iterdir()) == ["pca-1.npz", "t-sne-1.npz"]


def test_another_visit_finds_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit as st

    opened(map_page)
    st.cache_resource.clear()
    monkeypatch.setattr(digit_map, "make", lambda *arguments: pytest.fail("made again"))
    opened(map_page)


def test_a_number_that_no_image_has_is_said_in_a_sentence() -> None:
    page = AppTest.from_function(map_page, default_timeout=60, args=(IMAGES, True))
    page.session_state["map-image"] = 9999
    checked(page.run())
    assert page.warning[0].value == f"There is no image 9,999; give a number from 0 to {IMAGES - 1:,}."


def test_too_few_images_are_said_in_a_sentence() -> None:
    page = opened(map_page, number=5)
    assert "A map needs at least 10 images" in page.warning[0].value


@pytest.mark.parametrize("page", [map_page, robustness_page])
def test_without_images_the_page_says_so(page: Callable[[int, bool], None]) -> None:
    test = opened(page, here=False)
    assert "not on this machine" in test.info[0].value
    assert not test.get("vega_lite_chart")


# --- Robustness ----------------------------------------------------------------------------------------------------


def test_one_change_is_shown_at_a_time_with_its_sentence_and_all_of_them_on_demand() -> None:
    page = opened(robustness_page)
    assert page.markdown[0].value == "**How far may a digit be turned before this model misreads it? Bet first.**"
    assert not page.get("vega_lite_chart") and "9 of 10" not in said(page)
    answered(page)
    assert len(page.get("vega_lite_chart")) == 1
    words = said(page)
    assert words.count("9 of 10 digits") == 1
    assert "**Rotation.** " in words and "40 test images" in words
    checked(page.button_group(key="robustness-kind").set_value("all").run())
    assert len(page.get("vega_lite_chart")) == len(KINDS) == 6
    words = said(page)
    assert words.count("9 of 10 digits") == 6
    for about in KINDS.values():
        assert f"**{about.title}.** " in words


def test_a_level_leads_to_the_images_that_are_read_wrong_there() -> None:
    page = answered(opened(robustness_page))
    checked(page.button_group(key="robustness-kind").set_value("noise").run())
    checked(page.select_slider(key="robustness-level-noise").set_value(0).run())
    # The two that are labelled wrongly, undisturbed.
    assert "Unchanged: 2 of 40 images are read wrong." in said(page)
    wrong = page.get("html")[-1].proto.body
    assert wrong.count("<figure") == 2
    assert "#0 is 1, read as 0" in wrong
    assert "#1 is 2, read as 1" in wrong
    checked(page.select_slider(key="robustness-level-noise").set_value(160).run())
    number = page.get("html")[-1].proto.body.count("<figure")
    assert number > 10
    assert f"Noise, 160 greys: {number} of 40 images are read wrong." in said(page)


def test_an_image_has_the_probability_that_it_has_on_other_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    calibration = Calibration(temperature=10.0, images=100)
    monkeypatch.setattr(Calibration, "load", classmethod(lambda cls, path: calibration))
    page = answered(opened(robustness_page))
    checked(page.select_slider(key="robustness-level-rotation").set_value(0).run())
    _, evaluation, _ = given(IMAGES)
    sure = calibration.apply(evaluation.probabilities)[0].max()  # type: ignore[attr-defined]
    assert sure < 0.9
    assert f"#0 is 1, read as 0, {confidence(float(sure))}" in page.get("html")[-1].proto.body


def test_a_stored_result_is_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    _, evaluation, images = given(IMAGES)
    stored = Robustness(dict.fromkeys(KINDS, (38, 37, 36, 35, 34, 33, 32, 31, 30)), 40)
    path = robustness.stored_at(MODEL, images, evaluation.labels)  # type: ignore[attr-defined]
    cache.keep(path, stored.save)
    monkeypatch.setattr(robustness, "measure", lambda *arguments: pytest.fail("measured again"))
    page = answered(opened(robustness_page))
    checked(page.button_group(key="robustness-kind").set_value("shift").run())
    assert "Up to 2 px, at least 9 of 10 digits are still read right; at 3 px 87.5 %." in said(page)


def test_a_result_is_kept_in_memory_where_the_disk_cannot_be_written(
    temporary_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary_home.write_bytes(b"a file where the folder should be")
    opened(robustness_page)
    monkeypatch.setattr(robustness, "measure", lambda *arguments: pytest.fail("measured again"))
    opened(robustness_page)


def test_another_model_can_be_drawn_beside(temporary_home: Path) -> None:
    page = answered(opened(robustness_page))
    assert not [box for box in page.selectbox if box.label == "Compare with"]  # there is none
    shutil.copytree(PRETRAINED / "best", temporary_home / "runs" / "copy")
    page = answered(opened(robustness_page))
    assert "dashed" not in said(page)
    checked(page.selectbox(key="robustness-beside").set_value("copy").run())
    assert said(page).count("The other model (dashed) does about as well.") == 1
    assert "Solid: this model. Dashed: " in said(page)


def test_who_comes_second_waits_for_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    waited, progress = [], DeltaGenerator.progress

    def noted(bar: DeltaGenerator, share: float, words: str) -> DeltaGenerator:
        if "please wait" in words:  # with that the first is through
            waited.append(words)
            robustness_view.measuring.release()
        return progress(bar, share, words)

    monkeypatch.setattr(DeltaGenerator, "progress", noted)
    robustness_view.measuring.acquire()
    assert len(answered(opened(robustness_page)).get("vega_lite_chart")) == 1
    assert waited == ["Another model is being measured, please wait …"]
    assert not robustness_view.measuring.locked()
