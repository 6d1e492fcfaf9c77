"""Files from a person's own disk: pictures in folders judge a model, a table without labels becomes a submission."""

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.presentation.pictures import png
from mnist_core.runs import run_folders
from tests.browser.conftest import App
from tests.support.writers import csv_text

pytestmark = pytest.mark.browser
NUMBER = 300


@pytest.fixture
def digits(real_mnist: Path) -> tuple[np.ndarray, list[int]]:
    """The first of MNIST's test images, and what the shipped model reads in them."""
    with np.load(real_mnist) as arrays:
        images = arrays["x_test"][:NUMBER]
    evaluation = Evaluation.load(run_folders.find(run_folders.SHIPPED_MODEL).evaluation_path)
    return images, evaluation.predictions[:NUMBER].tolist()


def upload(page: Page, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.locator("input[type=file]").first.set_input_files(file)  # type: ignore[arg-type]


@pytest.mark.long
def test_pictures_in_folders_judge_a_model(
    app: App, page: Page, digits: tuple[np.ndarray, list[int]], real_mnist: Path
) -> None:
    images, read = digits
    with np.load(real_mnist) as arrays:
        labels = arrays["y_test"][:NUMBER].astype(int).tolist()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number, label in enumerate(labels):
            archive.writestr(f"digits/{label}/{number}.png", png(images[number]))
        archive.writestr("digits/3/blank.png", png(np.zeros((40, 40), np.uint8)))
    page.goto(f"{app.address}/evaluate?data=upload")
    expect(page.get_by_text("Choose a table")).to_be_visible()
    upload(page, "digits.zip", content.getvalue())
    wrong = sum(one != other for one, other in zip(read, labels, strict=True))
    expect(page.get_by_text(f"{wrong} of {NUMBER}", exact=True)).to_be_visible()
    expect(page.get_by_text("1 file left out")).to_be_visible()


@pytest.mark.long
def test_a_table_without_labels_becomes_a_submission(
    app: App, page: Page, digits: tuple[np.ndarray, list[int]], tmp_path: Path
) -> None:
    images, read = digits
    page.goto(f"{app.address}/evaluate?view=files")
    expect(page.get_by_text("Nothing to read yet")).to_be_visible()
    upload(page, "test.csv", csv_text(images, None).encode())
    expect(page.get_by_text(re.compile(f"^{NUMBER} images read: "))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="submission.csv").click()
    download.value.save_as(tmp_path / "submission.csv")
    lines = ["ImageId,Label", *(f"{number},{digit}" for number, digit in enumerate(read, 1))]
    assert (tmp_path / "submission.csv").read_text() == "\n".join(lines) + "\n"
    # Anything but such a table is refused in a sentence, and the page lives on.
    upload(page, "other.csv", b"a,b\n1,2\n")
    expect(page.get_by_text("These 2 files do not belong together", exact=False)).to_be_visible()
