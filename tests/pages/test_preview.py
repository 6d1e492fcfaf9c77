"""What was read is shown before it is used, what does not fit is named, and a press changes it."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.data import uploads
from mnist_core.preprocessing.pipeline import scale_picture
from mnist_core.presentation.pictures import png
from mnist_core.ui import loaders
from tests.pages.conftest import OpenPage, checked, said
from tests.support.writers import csv_text

Mnist = tuple[np.ndarray, np.ndarray]

pytestmark = pytest.mark.usefixtures("reads_here")


@pytest.fixture
def mnist(real_mnist: Path) -> Mnist:
    with np.load(real_mnist) as arrays:
        return arrays["x_test"][:60], arrays["y_test"][:60].astype(np.int64)


def press(page: AppTest, label: str) -> AppTest:
    return checked(next(button for button in page.button if button.label == label).click().run())


def pictures(page: AppTest) -> list[str]:
    return [element.proto.body for element in page.get("html") if "<figure" in element.proto.body]


@pytest.mark.parametrize("name", ["train", "evaluate"])
def test_a_path_is_shown_and_changed_by_one_press(open_page: OpenPage, tmp_path: Path, mnist: Mnist, name: str) -> None:
    path = tmp_path / "turned.csv"
    path.write_text(csv_text(mnist[0].transpose(0, 2, 1), mnist[1]))
    page = open_page(name, data=str(path))
    assert "These are the first 20 images, with their labels: right?" in said(page)
    assert "% once rows and columns are swapped" in said(page).replace("\N{NO-BREAK SPACE}", " ")
    before = pictures(page)[0]
    page = press(page, "Change it: rows and columns swapped")
    assert page.query_params["data"] == f"{path}?transposed"
    assert "right? Changed: rows and columns swapped." in said(page)
    assert "once rows and columns" not in said(page)
    assert pictures(page)[0] != before
    lie = next(box for box in page.selectbox if box.label == "Position")
    assert lie.value == "transposed"
    page = checked(lie.select("").run())
    assert page.query_params["data"] == str(path)
    assert "once rows and columns are swapped" in said(page)


def test_an_upload_is_changed_and_read_once(open_page: OpenPage, mnist: Mnist, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page("evaluate", data="upload")
    content = csv_text(255 - mnist[0], (mnist[1] + 1) % 10).encode()
    page = checked(page.file_uploader[0].set_value([("mine.csv", content, "text/csv")]).run())
    monkeypatch.setattr(uploads, "read_apart", None)
    assert "Do the labels stand for other digits?" in said(page)
    page = press(page, "Change it: labels renumbered")
    assert "Changed: labels renumbered." in said(page)
    assert next(metric.value for metric in page.metric if metric.label == "Wrong") == "0 of 60"
    field = next(text for text in page.text_input if text.label == "Which digits the labels 0 to 9 mean")
    page = checked(field.input("0000000000").run())
    assert "The labels cannot be renumbered by '0000000000'" in said(page)
    page = checked(next(text for text in page.text_input if text.key == field.key).input("0123456789").run())
    page = checked(
        next(toggle for toggle in page.toggle if toggle.label == "Swap light and dark").set_value(True).run()
    )
    assert "Changed: light and dark swapped." in said(page)


def test_squares_of_another_size_are_read_the_better_way_which_is_told_and_can_be_changed(
    open_page: OpenPage, tmp_path: Path, mnist: Mnist
) -> None:
    squares = np.stack([scale_picture(image, 32) for image in mnist[0]])
    squares[:, :3, :3] = squares[:, -3:, -3:] = 255  # what a box would be cut around
    path = tmp_path / "squares.npz"
    np.savez(path, images=squares, labels=mnist[1])
    page = open_page("train", data=str(path))
    assert "as they stand: the latter is taken." in said(page)
    page = open_page("evaluate", data="upload")
    page = checked(page.file_uploader[0].set_value([(path.name, path.read_bytes(), "")]).run())
    assert "as they stand: the latter is taken." in said(page)
    before = pictures(page)[0]
    page = checked(next(box for box in page.selectbox if box.label == "Preparation").select("drawing").run())
    assert "Changed: prepared as drawings." in said(page)
    assert "is taken" not in said(page)
    assert pictures(page)[0] != before


def test_pictures_are_always_prepared_so_that_they_are_not_offered_as_they_stand(
    open_page: OpenPage, tmp_path: Path, mnist: Mnist
) -> None:
    for place, label in enumerate(mnist[1]):
        folder = tmp_path / "mine" / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{place}.png").write_bytes(png(mnist[0][place]))
    for name in ("train", "evaluate"):
        page = open_page(name, data=str(tmp_path / "mine"))
        offered = next(box for box in page.selectbox if box.label == "Preparation").options
        assert [option.split(":")[0] for option in offered] == ["automatic", "as drawings"]


def test_the_labels_of_each_part_are_looked_at(mnist: Mnist) -> None:
    images, labels = mnist
    assert loaders.label_doubt(images, labels, "one dataset") is None
    assert loaders.label_doubt(images, np.roll(labels, 1), "one dataset") is not None


def test_the_labs_own_data_is_shown_elsewhere(open_page: OpenPage) -> None:
    assert "These are the first" not in said(open_page("explore", data="digits-8x8"))
    assert "Changed: light and dark swapped." in said(open_page("explore", data="digits-8x8?inverted"))
