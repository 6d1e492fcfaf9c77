"""Digits without labels: answers as a table, as pictures and as a submission; labels lead to the judging."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import environment
from mnist_core.config.recipes import RECIPES
from mnist_core.data import sources
from mnist_core.inference.calibration import Calibration
from mnist_core.presentation.pictures import png
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from tests.conftest import simple_images
from tests.pages.conftest import OpenPage, checked, said
from tests.support.writers import csv_text

IMAGES, LABELS = simple_images(130, 3)
TABLE = csv_text(IMAGES, None).encode()

pytestmark = pytest.mark.usefixtures("reads_here")


def upload(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    uploads = [(name, content, "application/octet-stream") for name, content in files]
    return checked(page.file_uploader[0].set_value(uploads).run())


def box(page: AppTest, label: str) -> Any:
    return next(box for box in page.selectbox if box.label == label)


def table(page: AppTest) -> dict[str, list[Any]]:
    return {str(name): values for name, values in page.dataframe[-1].value.to_dict("list").items()}


def downloads(page: AppTest) -> list[str]:
    return [button.proto.label for button in page.get("download_button")]


def pictures(page: AppTest) -> int:
    """How many are shown with an answer, below those of the preview."""
    return [
        str(element.proto.body).count("<figure") for element in page.get("html") if "<figure" in element.proto.body
    ][-1]


def test_before_anything_is_given_the_page_says_what_it_takes(open_page: OpenPage) -> None:
    assert "Nothing to read yet. Give Kaggle's test.csv" in said(open_page("evaluate", view="files"))


def test_a_table_is_read_shown_and_offered(open_page: OpenPage) -> None:
    page = upload(open_page("evaluate", view="files"), ("test.csv", TABLE))
    assert "130 images read: " in said(page)
    assert "These are the first 20 images." in said(page)
    assert downloads(page) == ["submission.csv", "Table as CSV"]
    found = table(page)
    assert found["image"] == list(range(1, 131))
    assert list(found) == ["image", "digit", "probability", "verdict"]  # no more fit a phone
    assert set(found["verdict"]) <= {"digit", "unsure", "not a digit"}
    right = [answer == label for answer, label in zip(found["digit"], LABELS, strict=True)]
    assert sum(right) > 100
    assert pictures(page) == 60
    page = checked(page.number_input[0].set_value(3).run())
    assert pictures(page) == 10


def test_answers_are_filtered_by_verdict_and_digit(open_page: OpenPage) -> None:
    images = IMAGES.copy()
    images[5:8, ::4] = 255  # stripes all over
    page = upload(open_page("evaluate", view="files"), ("test.csv", csv_text(images, None).encode()))
    everything = table(page)
    page = checked(box(page, "Read as").select(4).run())
    assert set(table(page)["digit"]) == {4}
    assert pictures(page) == len(table(page)["digit"]) == everything["digit"].count(4)
    page = checked(box(page, "Read as").select("any").run())
    doubt = next(verdict for verdict in everything["verdict"] if verdict != "digit")
    page = filtered(page, doubt)
    doubtful = [image for image, one in zip(everything["image"], everything["verdict"], strict=True) if one == doubt]
    assert table(page)["image"] == doubtful
    assert 0 < len(doubtful) == pictures(page)
    other = next(digit for digit in range(10) if digit not in table(page)["digit"])
    page = checked(box(page, "Read as").select(other).run())
    assert "None of the images is among these" in said(page)


def filtered(page: AppTest, verdict: str) -> AppTest:
    group = next(group for group in page.button_group if group.label == "Verdict")
    return checked(group.set_value(verdict).run())


def test_pictures_are_called_by_their_names_and_those_left_out_are_named(open_page: OpenPage) -> None:
    files = [("four.png", png(IMAGES[4])), ("=cmd.png", png(IMAGES[7])), ("bad.png", b"x")]
    page = upload(open_page("evaluate", view="files"), *files)
    assert table(page)["image"] == ["_cmd.png", "four.png"]
    assert "1 file left out" in [expander.label for expander in page.expander]
    assert "Files that were left out have no line" in said(page)


def test_a_file_on_the_server_is_in_the_address(open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_bytes(TABLE)
    page = open_page("evaluate", view="files")
    page = checked(box(page, "Images to read").select("A file in the lab's data folder").run())
    page = checked(page.text_input[0].input("/nowhere.csv").run())
    assert "There is no data at /nowhere.csv that a page can read" in said(page)
    page = checked(page.text_input[0].input(str(tmp_path / "test.csv")).run())
    assert page.query_params["file"] == str(tmp_path / "test.csv")
    assert "130 images read" in said(page)
    page = open_page("evaluate", view="files", file=str(tmp_path / "test.csv"))
    assert "130 images read" in said(page)


def test_labels_lead_to_the_judging(open_page: OpenPage) -> None:
    page = upload(open_page("evaluate", view="files"), ("train.csv", csv_text(IMAGES, LABELS).encode()))
    assert "There are labels with train.csv." in said(page)
    button = next(button for button in page.button if button.label == "Judge the model by it")
    page = checked(button.click().run())
    assert page.query_params["data"] == "upload"
    assert "view" not in page.query_params
    assert "Still here: train.csv, 130 images." in said(page)
    assert next(metric.value for metric in page.metric if metric.label == "Wrong").endswith("of 130")


@pytest.fixture
def kaggle_run(tmp_path: Path) -> Run:
    """A run on Kaggle's two tables."""
    folder = tmp_path / "kaggle"
    folder.mkdir()
    (folder / "train.csv").write_text(csv_text(IMAGES[:70], LABELS[:70]))
    (folder / "test.csv").write_text(csv_text(IMAGES[70:75], None))
    run = run_folders.create(RECIPES["quick"].config, sources.load(str(folder)).reference())
    run.model_path.write_bytes((environment.PRETRAINED / run_folders.SHIPPED_MODEL / "model.tflite").read_bytes())
    return run


def test_images_without_labels_of_its_own_data_are_there_to_choose(open_page: OpenPage, kaggle_run: Run) -> None:
    page = open_page("evaluate", view="files", run=kaggle_run.id)
    page = checked(box(page, "Images to read").select("Its own images, which have no labels").run())
    assert "5 images read: " in said(page)
    page = open_page("evaluate", view="files", run=run_folders.SHIPPED_MODEL)
    assert box(page, "Images to read").options == ["A file of mine", "A file in the lab's data folder"]


def test_the_same_pixels_in_another_session_keep_their_own_names(open_page: OpenPage) -> None:
    first = upload(open_page("evaluate", view="files"), ("anna.png", png(IMAGES[4])), ("bad.png", b"x"))
    second = upload(open_page("evaluate", view="files"), ("ben.png", png(IMAGES[4])))
    assert (table(first)["image"], table(second)["image"]) == (["anna.png"], ["ben.png"])
    assert "1 file left out" not in [expander.label for expander in second.expander]


def test_a_model_that_is_calibrated_meanwhile_gives_its_new_verdicts(open_page: OpenPage, kaggle_run: Run) -> None:
    page = upload(open_page("evaluate", view="files", run=kaggle_run.id), ("test.csv", TABLE))
    assert "not a digit" not in table(page)["verdict"]
    Calibration(two=1.0, images=10, refused=0.0).save(kaggle_run.calibration_path)
    assert "not a digit" in table(checked(page.run()))["verdict"]
