"""The report in a real Chromium with the network cut, on a wide screen and on a telephone, and on paper."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from mnist_core.data import sources
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.presentation import report
from mnist_core.presentation.report import Report
from mnist_core.runs import run_folders

pytestmark = pytest.mark.browser

PICTURES_COMPLETE = """
[...document.images].every(image => image.complete && image.naturalWidth > 0 && image.getBoundingClientRect().width)
"""
PAPER_EDGE = 50  # pixels of 100 an inch, 12.7 mm


@pytest.fixture(scope="module")
def shipped() -> Report:
    run = run_folders.find("best")
    evaluation = Evaluation.load(run.evaluation_path)
    # Any pictures do: which ones belong to the mistakes is tested without a browser.
    pictures = sources.load("digits-8x8").train_images[np.arange(len(evaluation.labels)) % 1000]
    return report.gather(run, evaluation, pictures)


@pytest.fixture(scope="module")
def page_file(shipped: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_bytes(report.render(shipped, "html"))
    return path


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_the_page_opens_without_a_network(browser: Browser, page_file: Path, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light", offline=True
    )
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    assert said == []
    assert [url for url in asked if not url.startswith("data:image/png;base64,")] == [page_file.as_uri()]
    assert page.evaluate("document.images.length") == 36 and page.evaluate(PICTURES_COMPLETE)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # The text of the page and of its drawings stands out from the paper in either scheme.
    ink, paper, drawn = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor,"
        " getComputedStyle(document.querySelector('svg text')).fill]"
    )
    assert ink == drawn and abs(brightness(ink) - brightness(paper)) > 180
    assert (brightness(paper) < 60) == (scheme == "dark")
    context.close()


def brightness(colour: str) -> float:
    """Reads `rgb(18, 22, 28)`."""
    return float(np.mean([float(part) for part in colour.strip("rgb()").split(",")]))


def test_the_page_can_be_printed(browser: Browser, page_file: Path, tmp_path: Path) -> None:
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(page_file.as_uri())
    page.pdf(path=tmp_path / "printed.pdf", prefer_css_page_size=True)
    context.close()
    check_paper(tmp_path / "printed.pdf", 5)


def test_the_paper_is_drawn_by_another_program(shipped: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(report.render(shipped, "pdf"))
    check_paper(path, 6)


def check_paper(path: Path, least_pages: int) -> None:
    """Draws every page of A4; none is blank, and nothing runs over an edge."""
    if not shutil.which("pdftoppm"):
        pytest.skip("needs pdftoppm (Debian's package poppler-utils)")
    subprocess.run(["pdftoppm", "-r", "100", "-gray", path.name, "page"], cwd=path.parent, check=True)
    pages = [np.asarray(Image.open(one)) for one in sorted(path.parent.glob("page-*.pgm"))]
    assert len(pages) >= least_pages
    for page in pages:
        assert page.shape == pytest.approx((1169, 827), abs=2)
        assert (page[:-100] < 128).sum() > 500
        assert page[:, :PAPER_EDGE].min() > 250 and page[:, -PAPER_EDGE:].min() > 250
