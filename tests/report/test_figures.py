import io
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image

from mnist_core import reliability
from mnist_core.evaluation import Evaluation
from mnist_core.report import figures
from mnist_core.runs import Run


def drawn(run: Run, evaluation: Evaluation, file_format: str) -> list[bytes]:
    batches, metrics = run.batches(), run.metrics()
    measured = reliability.measure(evaluation.probabilities, evaluation.labels)
    return [
        figures.learning_curve("loss", batches, metrics, file_format),
        figures.learning_curve("accuracy", batches, metrics, file_format),
        figures.reliability(measured, file_format),
        figures.by_digit(evaluation.report, file_format),
    ]


def test_png_is_fine_enough_for_paper(run: Run, evaluation: Evaluation) -> None:
    for file in drawn(run, evaluation, "png"):
        picture = Image.open(io.BytesIO(file))
        assert picture.format == "PNG" and picture.width > 900
        assert np.asarray(picture.convert("L")).std() > 10


def test_an_inline_drawing_stands_on_its_own(run: Run, evaluation: Evaluation) -> None:
    for number, file in enumerate(drawn(run, evaluation, "svg")):
        text = figures.inline(file, f"chart-{number}", 'Says "this" & <that>.')
        root = ElementTree.fromstring(text)
        assert root.get("role") == "img" and root.get("aria-label") == 'Says "this" & <that>.'
        names = re.findall(r'\bid="([^"]+)"', text)
        assert len(names) == len(set(names)) and all(name.startswith(f"chart-{number}-") for name in names)
        assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text)) - {("", "")}
        used = {one or other for one, other in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text)}
        assert used <= set(names)
        assert "<style" not in text and "<text" not in text and "<metadata" not in text
        assert "currentColor" in text and "#000000" not in text and "#ffffff" not in text


def test_training_is_blue_and_solid_validation_orange_and_dashed(run: Run) -> None:
    text = figures.learning_curve("loss", run.batches(), run.metrics(), "svg").decode().lower()
    solid, dashed = (re.findall(rf'style="fill: none; {dash}stroke: #(\w+)', text) for dash in ("", "stroke-dash.*?; "))
    assert "0072b2" in solid and set(dashed) == {"d55e00"}


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_report_of_equal_figures_can_be_drawn(share: float) -> None:
    assert figures.by_digit(np.full((12, 4), share), "png")
