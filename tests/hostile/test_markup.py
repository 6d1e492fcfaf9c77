"""Texts in HTML stay texts, whichever table they stand in."""

from dataclasses import replace

import numpy as np
import pytest

from mnist_core.evaluation.evaluation import REPORT_ROWS
from mnist_core.evaluation.selection import Selection
from mnist_core.presentation.markup import part
from mnist_core.presentation.tables import confusion, image_grid, report
from mnist_core.presentation.tables.comparison import comparison_table
from tests.evaluation.test_comparison import of_errors
from tests.presentation.tables.test_comparison import EMPTY, FULL
from tests.presentation.tables.test_confusion import judged
from tests.presentation.tables.test_image_grid import EVALUATION, IMAGES
from tests.support.markup import buttons

HOSTILE = '"><img src=x onerror=alert(1)> & <b'


def assert_is_a_label(html: str) -> None:
    labels = [one["aria-label"] for one in buttons(html) if HOSTILE in one.get("aria-label", "")]
    titles = [one["title"] for one in buttons(html) if HOSTILE in one.get("title", "")]
    assert labels and labels == titles
    assert "<img" not in html and "<b" not in html.replace("<button", "")


def test_what_is_pressed_is_written_in_one_way() -> None:
    def pressable(*values: object) -> str:
        return part("pressable.html", "pressable", *values)

    (plain,) = buttons(pressable("4-9", "7", HOSTILE, False))
    assert plain == {"type": "button", "data-choice": "4-9", "title": HOSTILE, "aria-label": HOSTILE, "text": "7"}
    (current,) = buttons(pressable(HOSTILE, HOSTILE, "", True))
    assert current == {
        "type": "button",
        "data-choice": HOSTILE,
        "aria-current": "true",
        "data-start": "",
        "text": HOSTILE,
    }
    assert pressable("", HOSTILE, "", False).startswith("<span>&#34;&gt;&lt;img")


def test_labels_of_the_confusion_matrix_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confusion, "_words", lambda selection, number: HOSTILE)
    assert_is_a_label(confusion.confusion_table(judged(), "counts", Selection()).replace("<body", ""))


def test_labels_of_the_report_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "with_article", lambda digit: HOSTILE)
    monkeypatch.setattr(report, "REPORT_ROWS", (*REPORT_ROWS[:-1], HOSTILE))
    assert_is_a_label(report.report_table(judged(), Selection()))


def test_sentences_of_the_comparison_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = of_errors((1, 2, 3), (3,))
    group = comparison.groups["only-B"]
    monkeypatch.setitem(comparison.groups, "only-B", replace(group, words=HOSTILE))
    html = comparison_table(comparison, [replace(FULL, title=HOSTILE), EMPTY], "")
    assert_is_a_label(html.replace("<b>A</b>", "").replace("<b>B</b>", ""))


def test_captions_of_images_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_grid, "caption", lambda evaluation, index: HOSTILE)
    html = image_grid.image_grid(EVALUATION, IMAGES, np.array([0, 2]).tolist(), 0)
    assert [one["text"].startswith(HOSTILE) for one in buttons(html)] == [True, True]
    assert html.count("<img") == 2 and "<b " not in html
