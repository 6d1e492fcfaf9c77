"""The choice of data on Explore, Train and Sweep: one list, and files that a person drops."""

import io
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.config.recipes import RECIPES
from mnist_core.data import kept_uploads, sources, uploads
from mnist_core.data.collection.store import Collection
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.presentation.pictures import png
from mnist_core.runs import run_folders
from mnist_core.runs.status import Status
from mnist_core.ui import browser, choices, preview
from tests.conftest import PretendedEngine, simple_images, simple_strokes
from tests.pages.conftest import OpenPage, checked, said
from tests.support.writers import csv_text

IMAGES, LABELS = simple_images(40, 3)
TABLE = ("mine.csv", csv_text(IMAGES, LABELS).encode(), "text/csv")

pytestmark = pytest.mark.usefixtures("reads_here")


def data_box(page: AppTest) -> Any:
    return next(box for box in page.selectbox if box.label == "Data")


def drop(page: AppTest, *files: tuple[str, bytes, str]) -> AppTest:
    page = checked(data_box(page).select("another").run())
    return checked(page.file_uploader[0].set_value(list(files)).run())


def draw() -> None:
    for label in range(8):
        Collection().add(
            simple_strokes(label), label, session="a", digit=label, verdict="digit", probability=0.9, model="best"
        )


def test_a_dropped_file_is_explored_found_again_and_learned_from(
    open_page: OpenPage, engine: PretendedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = drop(open_page("explore", data="digits-8x8"), TABLE)
    name = page.query_params["data"]
    assert kept_uploads.is_kept(name)
    assert "mine.csv: a file that somebody uploaded; a seventh of it is set aside" in said(page).replace("\\", "")
    assert "These are the first 20 images, with their labels: right?" in said(page)
    assert "34" in [metric.value for metric in page.metric]
    monkeypatch.setattr(uploads, "read_to_learn", None)
    page = open_page("train", data="digits-8x8")
    assert data_box(page).options[-2:] == ["mine.csv", "A file of mine …"]
    page = checked(data_box(page).select(name).run())
    next(button for button in page.button if button.label == "Start").click()
    page = checked(page.run())
    (run,) = run_folders.all_runs()
    reference = run.description().dataset
    assert (reference["name"], reference["title"]) == (name, "mine.csv")
    assert sources.load_same(reference).train_labels.shape == (34,)
    page = open_page("evaluate", data=name, run=run_folders.SHIPPED_MODEL)
    assert next(metric.value for metric in page.metric if metric.label == "Wrong").endswith("of 40")


def test_an_upload_is_deleted_by_its_owner_alone(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    page = drop(open_page("explore", data="digits-8x8"), TABLE)
    name = page.query_params["data"]
    with monkeypatch.context() as patched:
        patched.setattr(browser, "actor", lambda: Actor("eve", "203.0.113.8"))
        for module in (preview, choices):
            patched.setattr(module, "actor", browser.actor)
        other = open_page("explore", data=name)
        assert "Delete this upload" not in [button.label for button in other.button]
        assert name not in data_box(open_page("explore", data="digits-8x8")).options
    page = open_page("explore", data=name)
    next(button for button in page.button if button.label == "Delete this upload").click()
    page = checked(page.run())
    assert not kept_uploads.own(COMMAND_LINE) and page.query_params["data"] != name
    assert "This upload is not here any more" in said(open_page("explore", data=name))


def test_what_cannot_teach_is_refused_in_a_sentence_and_not_kept(open_page: OpenPage) -> None:
    page = drop(open_page("train", data="digits-8x8"), ("test.csv", csv_text(IMAGES, None).encode(), "text/csv"))
    assert "The file test.csv has no labels" in said(page)
    assert "The file test.csv has no labels" in said(checked(page.run()))
    page = checked(page.file_uploader[0].set_value([("page.csv", b"<!doctype html><html>", "text/csv")]).run())
    assert "page.csv" in said(page) and "test.csv" not in said(page)
    assert not kept_uploads.own(COMMAND_LINE)


def test_names_of_pictures_are_asked_about(open_page: OpenPage) -> None:
    pictures = [(f"{label}_{place}.png", png(IMAGES[place]), "") for place, label in enumerate(LABELS[:12])]
    page = drop(open_page("explore", data="digits-8x8"), *pictures)
    box = next(box for box in page.checkbox if box.label == "The names of the pictures hold their labels")
    page = checked(box.check().run())
    assert page.query_params["data"].endswith("?labels-in-names")
    assert "These are the first 12 images" in said(page)


def test_squares_of_another_size_can_be_read_the_other_way_later(open_page: OpenPage) -> None:
    squares = np.pad(IMAGES, ((0, 0), (2, 2), (2, 2)))
    content = io.BytesIO()
    np.savez(content, images=squares, labels=LABELS)
    page = drop(open_page("explore", data="digits-8x8"), ("squares.npz", content.getvalue(), ""))
    name = page.query_params["data"]
    found = [sources.load(f"{name}{ending}").train_images for ending in ("", "?as-is", "?drawing", "?inverted")]
    assert not np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])
    assert found[3].shape == found[0].shape and found[3].mean() != found[0].mean()


def test_mnist_and_our_drawings_is_one_choice(open_page: OpenPage, real_mnist: object) -> None:
    draw()
    page = open_page("train", data="mnist", recipe="thorough")
    assert data_box(page).options[:4] == [
        "MNIST",
        "MNIST and our drawings",
        "Our drawings",
        "8×8 digits (small, always here)",
    ]
    page = checked(data_box(page).select("mnist+collection").run())
    assert (page.query_params["data"], page.query_params["also"]) == ("mnist", "collection")
    page = checked(next(box for box in page.selectbox if box.label == "Recipe").select("quick").run())
    assert page.query_params["also"] == "collection" and data_box(page).value == "mnist+collection"
    page = checked(data_box(page).select("mnist").run())
    assert "also" not in page.query_params and data_box(checked(page.run())).value == "mnist"
    page = open_page("train", data="mnist", also="collection")
    assert data_box(page).value == "mnist+collection"
    assert "MNIST and our drawings" not in data_box(open_page("explore")).options
    page = checked(data_box(open_page("sweep", data="mnist")).select("mnist+collection").run())
    page = checked(next(box for box in page.selectbox if box.label == "Recipe").select("thorough").run())
    assert page.query_params["also"] == "collection" and data_box(page).value == "mnist+collection"


def test_so_few_images_are_said_to_teach_little_before_and_after(open_page: OpenPage) -> None:
    draw()
    page = open_page("train", data="collection")
    assert "There are only 6 drawings to learn from: so few teach little. Choose “MNIST and our drawings”" in said(page)
    assert "teach little" not in said(open_page("train", data="digits-8x8"))
    run = run_folders.create(RECIPES["quick"].config, sources.load("collection").reference())
    Evaluation.measure(np.eye(10, dtype=np.float32)[[1, 2]], np.array([1, 3])).save(run.evaluation_path)
    run.write_status(Status("done", epoch=1, epochs=1, test_accuracy=0.2))
    page = open_page("train", run=run.id, data="digits-8x8")
    assert "hardly better than a guess, and was tested on only 2 images" in page.warning[0].value
    assert not page.success
