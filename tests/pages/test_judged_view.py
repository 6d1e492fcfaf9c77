"""The data that a model is judged on: each choice leads to its images, is in the address, and says what it is."""

import dataclasses
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import environment
from mnist_core.config.recipes import RECIPES
from mnist_core.data import sources, uploads
from mnist_core.data.collection.store import Collection
from mnist_core.data.dataset import Dataset
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.presentation.pictures import png
from mnist_core.runs import run_folders
from mnist_core.ui.evaluate import data_choice
from tests.conftest import simple_images, simple_strokes
from tests.pages.conftest import OpenPage, checked, said
from tests.support.writers import csv_text, idx_bytes

IMAGES, LABELS = simple_images(30, 3)

pytestmark = pytest.mark.usefixtures("reads_here")


def box(page: AppTest) -> Any:
    return next(box for box in page.selectbox if box.label == "Data")


def choose(page: AppTest, title: str) -> AppTest:
    return checked(box(page).select(title).run())


def wrong(page: AppTest) -> str:
    return str(next(metric.value for metric in page.metric if metric.label == "Wrong"))


def upload(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    uploads = [(name, content, "application/octet-stream") for name, content in files]
    return checked(page.file_uploader[0].set_value(uploads).run())


def labelled_zip(extra: dict[str, bytes] | None = None) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number, label in enumerate(LABELS):
            archive.writestr(f"{label}/{number}.png", png(IMAGES[number]))
        for name, member in (extra or {}).items():
            archive.writestr(name, member)
    return content.getvalue()


def test_its_own_test_set_is_what_a_model_is_judged_on_first(open_page: OpenPage) -> None:
    page = open_page("evaluate")
    assert box(page).value == "own"
    assert wrong(page).endswith("of 10,000")
    assert "data" not in page.query_params


def test_a_choice_is_in_the_address_and_back_again(open_page: OpenPage) -> None:
    page = choose(open_page("evaluate"), "8×8 digits (small, always here)")
    assert wrong(page).endswith("of 360")
    assert page.query_params["data"] == "digits-8x8"
    page = choose(page, "The test set of its own data")
    assert wrong(page).endswith("of 10,000")
    assert "data" not in page.query_params


def test_mnist_that_is_not_here_can_be_downloaded(open_page: OpenPage) -> None:
    page = choose(open_page("evaluate"), "MNIST's test set")
    assert "MNIST is not on this machine" in said(page)
    assert "Download MNIST (11 MB)" in [button.label for button in page.button]


def test_the_stored_answers_are_used_where_the_data_is_the_same(
    open_page: OpenPage, simple_npz: Path, simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = dataclasses.replace(simple_dataset, name=str(simple_npz))
    run = run_folders.create(RECIPES["quick"].config, data.reference())
    Evaluation.measure(np.eye(10)[(data.test_labels + 1) % 10], data.test_labels, data.identity).save(
        run.evaluation_path
    )
    run.model_path.write_bytes((environment.PRETRAINED / run_folders.SHIPPED_MODEL / "model.tflite").read_bytes())
    page = open_page("evaluate", run=run.id, data=str(simple_npz))
    assert wrong(page) == "200 of 200"


def test_the_drawings_of_the_lab_judge_and_say_which_they_are(open_page: OpenPage) -> None:
    page = open_page("evaluate", data="collection")
    assert "No drawings yet" in said(page)
    answer = {"session": "a", "digit": 4, "verdict": "digit", "probability": 0.9, "model": "best"}
    for label in (4, 7):
        Collection().add(simple_strokes(label), label, **answer)  # type: ignore[arg-type]
    page = checked(page.run())
    assert wrong(page).endswith("of 2")
    assert "All 2 drawings: the model learned from none of them." in said(page)


def test_names_of_pictures_label_them_once_a_box_is_checked(open_page: OpenPage) -> None:
    named = [(f"{LABELS[number]}_{number:03}.png", png(IMAGES[number])) for number in range(12)]
    page = upload(open_page("evaluate", data="upload"), *named)
    assert "There are no labels with 12 pictures to judge by" in said(page)
    (asked,) = [one for one in page.checkbox if "The names of the pictures hold their labels" in one.label]
    assert asked.label.endswith("(0\\_000.png is a 0)")
    page = checked(asked.check().run())
    assert wrong(page).endswith("of 12")


def test_names_in_a_folder_on_the_server_label_too(open_page: OpenPage, tmp_path: Path) -> None:
    folder = tmp_path / "named"
    folder.mkdir()
    for number in range(12):
        (folder / f"{LABELS[number]}_{number:03}.png").write_bytes(png(IMAGES[number]))
    page = open_page("evaluate", data=str(folder))
    assert "The folder named has no labels; expected folders named 0 to 9" in said(page)
    (asked,) = [one for one in page.checkbox if "The names of the pictures hold their labels" in one.label]
    page = checked(asked.check().run())
    assert wrong(page).endswith("of 12")


def test_a_path_on_the_server_is_kept_in_the_address(open_page: OpenPage, tmp_path: Path) -> None:
    path = tmp_path / "digits.zip"
    path.write_bytes(labelled_zip())
    page = choose(open_page("evaluate"), "A file in the lab's data folder …")
    assert "Give the path of a file or folder" in said(page)
    page = checked(page.text_input[0].input("/nowhere").run())
    assert "There is no data at /nowhere" in said(page)
    assert "data" not in page.query_params
    page = checked(page.text_input[0].input(str(path)).run())
    assert page.query_params["data"] == str(path)
    assert wrong(page).endswith("of 30")
    assert box(page).value == str(path)


@pytest.mark.parametrize(
    ("files", "title"),
    [
        ([("digits.zip", labelled_zip())], "a zip"),
        ([("train.csv", csv_text(IMAGES, LABELS).encode())], "a table"),
        ([("images-idx3-ubyte", idx_bytes(IMAGES)), ("labels-idx1-ubyte", idx_bytes(LABELS))], "an IDX pair"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_upload_judges(open_page: OpenPage, files: list[tuple[str, bytes]], title: str) -> None:
    page = open_page("evaluate", data="upload")
    assert "Choose a table" in said(page)
    assert wrong(upload(page, *files)).endswith("of 30")


def test_an_upload_is_read_once_and_gone_when_it_is_taken_away(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = []
    read = uploads.read_apart
    monkeypatch.setattr(uploads, "read_apart", lambda *given: times.append(given) or read(*given))  # type: ignore[func-returns-value]
    page = upload(open_page("evaluate", data="upload"), ("train.csv", csv_text(IMAGES, LABELS).encode()))
    page = checked(page.run())
    # Another choice and back: the browser's box is empty then, but what was in it is still here.
    page = choose(choose(page, "8×8 digits (small, always here)"), "A file of mine …")
    assert "Still here: train.csv, 30 images." in said(page)
    assert wrong(page).endswith("of 30")
    assert len(times) == 1
    page = upload(page, ("other.csv", csv_text(IMAGES[:7], LABELS[:7]).encode()))
    assert wrong(page).endswith("of 7")
    page = checked(page.file_uploader[0].set_value(None).run())
    assert "Choose a table" in said(page)


def test_a_refused_upload_is_refused_once_in_one_sentence(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    page = upload(open_page("evaluate", data="upload"), ("[a](b).csv", b"a,b\n1,2\n"))
    assert "The file \\_a\\_(b).csv has too few cells" in page.warning[0].value
    monkeypatch.setattr(uploads, "read_apart", None)
    assert "has too few cells" in checked(page.run()).warning[0].value


def test_files_that_are_left_out_are_named(open_page: OpenPage) -> None:
    page = upload(open_page("evaluate", data="upload"), ("digits.zip", labelled_zip({"3/=bad.png": b"x"})))
    assert page.expander[0].label == "1 file left out"
    table = page.expander[0].dataframe[0].value
    assert table.to_dict("list") == {"File": ["3/=bad.png"], "Why": ["this file is not a PNG or JPEG picture"]}


def test_data_without_labels_is_sent_to_where_it_is_read(open_page: OpenPage) -> None:
    page = upload(open_page("evaluate", data="upload"), ("test.csv", csv_text(IMAGES, None).encode()))
    assert "There are no labels with test.csv to judge by; “Predict files” above reads it without." in said(page)


def test_images_that_the_model_knows_are_counted(
    open_page: OpenPage, simple_npz: Path, simple_dataset: Dataset
) -> None:
    reference = sources.load(str(simple_npz)).reference()
    run = run_folders.create(RECIPES["quick"].config, reference)
    run.model_path.write_bytes((environment.PRETRAINED / run_folders.SHIPPED_MODEL / "model.tflite").read_bytes())
    page = open_page("evaluate", run=run.id, data="upload")
    images = np.concatenate([simple_dataset.train_images[:8], 255 - IMAGES[:2]])
    labels = np.concatenate([simple_dataset.train_labels[:8], LABELS[:2]])
    page = upload(page, ("mine.csv", csv_text(images, labels).encode()))
    assert "8 of these 10 images are ones that the model learned from" in said(page)


def test_the_same_table_at_two_places_is_called_by_each(open_page: OpenPage, tmp_path: Path) -> None:
    run = run_folders.find(run_folders.SHIPPED_MODEL)
    for name in ("first.csv", "second.csv"):
        (tmp_path / name).write_text(csv_text(IMAGES, LABELS))
        assert wrong(open_page("evaluate", data=str(tmp_path / name))).endswith("of 30")
    first, second = (data_choice._digits(run, str(tmp_path / name)) for name in ("first.csv", "second.csv"))
    assert (first.title, second.title) == ("first.csv", "second.csv")
    assert first.identity == second.identity


def test_the_table_that_a_model_learned_from_is_known_at_another_place(open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(csv_text(IMAGES, LABELS))
    run = run_folders.create(RECIPES["quick"].config, sources.load(str(tmp_path / "mine.csv")).reference())
    run.model_path.write_bytes((environment.PRETRAINED / run_folders.SHIPPED_MODEL / "model.tflite").read_bytes())
    (tmp_path / "mine.csv").rename(tmp_path / "moved.csv")
    page = open_page("evaluate", run=run.id, data=str(tmp_path / "moved.csv"))
    assert "images that were set aside: the model learned from the others." in said(page)
    assert not wrong(page).endswith("of 30")
