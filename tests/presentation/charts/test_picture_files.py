import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mnist_core.evaluation import reliability
from mnist_core.evaluation.evaluation import NORMALIZATIONS
from mnist_core.presentation.charts import confusion, learning, picture_files
from mnist_core.presentation.charts import reliability as reliability_charts
from mnist_core.presentation.charts.curve import Curve
from mnist_core.presentation.charts.template import Spec
from tests.evaluation.test_evaluation import random_answers
from tests.support.specs import BLUE, ORANGE, history, judged


def curves(*given: Any) -> Spec:
    """Loss and accuracy beside each other, as a page offers them."""
    one = Curve("", *(given or history()))
    return picture_files.beside(*(learning.learning_curves([one], name) for name in ("loss", "accuracy")), width=400)


def charts() -> list[Spec]:
    one = Curve("", *history())
    measured = reliability.measure(*random_answers(300))
    return [
        learning.learning_curves([one], "loss"),
        learning.learning_curves([one], "accuracy"),
        reliability_charts.reliability(measured, None),
        reliability_charts.reliability(measured, measured),
        confusion.digit_scores(judged().report),
    ]


def assert_file(content: bytes, file_format: str) -> None:
    if file_format == "png":
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        with Image.open(io.BytesIO(content)) as picture:
            assert min(picture.size) > 400
            assert len(picture.convert("RGB").getcolors(1_000_000) or []) > 10
    else:
        assert content.lstrip().startswith(b"<?xml")
        assert b"<svg" in content
        assert content.rstrip().endswith(b"</svg>")


@pytest.mark.parametrize("file_format", picture_files.FORMATS)
def test_the_confusion_matrix_is_a_file(file_format: str) -> None:
    matrices = (confusion.titled_matrix(judged(), name) for name in NORMALIZATIONS)
    files = [picture_files.picture(matrix, file_format) for matrix in matrices]
    for content in files:
        assert_file(content, file_format)
    assert len(set(files)) == 3


@pytest.mark.parametrize("file_format", picture_files.FORMATS)
def test_the_curves_are_a_file(file_format: str) -> None:
    content = picture_files.picture(curves(), file_format)
    assert_file(content, file_format)
    if file_format == "svg":
        assert BLUE.encode() in content
        assert ORANGE.encode() in content
        assert b"stroke-dasharray" in content
        assert b">Loss<" in content and b">Accuracy<" in content


def test_the_curves_file_of_a_single_epoch_does_not_fail() -> None:
    assert_file(picture_files.picture(curves(*history(1, 1)), "png"), "png")


@pytest.mark.parametrize("spec", charts())
def test_png_is_fine_enough_for_paper(spec: Spec) -> None:
    picture = Image.open(io.BytesIO(picture_files.picture(spec, "png")))
    assert picture.format == "PNG" and picture.width > 900
    assert np.asarray(picture.convert("L")).std() > 10


@pytest.mark.long
def test_the_same_chart_makes_the_same_bytes_in_every_process() -> None:
    program = (
        "import hashlib\nfrom mnist_core.presentation.charts import picture_files\n"
        "from tests.presentation.charts.test_picture_files import curves\n"
        "files = [picture_files.picture(curves(), name) for name in ('svg', 'png', 'svg')]\n"
        "print(*(hashlib.sha256(file).hexdigest() for file in files))"
    )
    runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True) for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout, runs[0].stderr
    first, _, again = runs[0].stdout.split()
    assert first == again


def test_an_inline_chart_stands_on_its_own() -> None:
    for number, spec in enumerate(charts()):
        text = picture_files.inline(spec, f"chart-{number}", 'Says "this" & <that>.')
        root = ElementTree.fromstring(text)
        assert root.get("role") == "img" and root.get("aria-label") == 'Says "this" & <that>.'
        names = re.findall(r'\bid="([^"]+)"', text)
        assert len(names) == len(set(names)) and all(name.startswith(f"chart-{number}-") for name in names)
        used = {one or other for one, other in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text)}
        assert used <= set(names)
        assert "<style" not in text and "font-family" not in text and "<metadata" not in text
        assert "currentColor" in text and '"#000"' not in text and "white" not in text and "#fff" not in text.lower()


def test_training_is_blue_and_solid_validation_orange_and_dashed() -> None:
    text = picture_files.small(learning.learning_curves([Curve("", *history())], "loss"))
    lines = re.findall(r'aria-roledescription="line mark" d="[^"]+" stroke="(#\w+)" stroke-width="2"([^>]*)', text)
    assert [(colour, 'dasharray="6,4"' in rest) for colour, rest in lines] == [(BLUE, False), (ORANGE, True)]
