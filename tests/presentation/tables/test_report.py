import html
import re

import numpy as np
import pytest

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.selection import Selection
from mnist_core.presentation.glossary import WORDS
from mnist_core.presentation.tables.report import bars_start, report_table
from tests.support.markup import buttons


def judged(share: float = 0.9, number: int = 4000, seed: int = 0) -> Evaluation:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, number)
    predictions = np.where(random.random(number) < share, labels, random.integers(0, 10, number))
    return Evaluation.measure(np.eye(10)[predictions], labels)


def figures(evaluation: Evaluation, chosen: Selection | None = None) -> list[list[dict[str, str]]]:
    """The buttons of each digit: precision, recall, F1, support."""
    found = buttons(report_table(evaluation, chosen or Selection()))
    return [found[4 * digit : 4 * digit + 4] for digit in range(10)]


def test_the_table_holds_the_report() -> None:
    evaluation = judged()
    for digit, (precision, recall, f1, support) in enumerate(figures(evaluation)):
        texts = [float(one["text"].removesuffix(" %")) / 100 for one in (precision, recall, f1)]
        assert texts == pytest.approx(evaluation.report[digit, :3], abs=5e-5)
        assert int(support["text"]) == evaluation.report[digit, 3]
        assert precision["aria-label"].startswith(f"Precision of {digit}: ")
    cells = re.findall(r'<td class="bar"[^>]*><span>([^<]+)</span>', report_table(evaluation, Selection()))
    averages = [float(text.removesuffix(" %")) / 100 for text in cells]
    assert averages == pytest.approx(evaluation.report[10:, :3].ravel(), abs=5e-5)


def test_a_figure_leads_to_the_images_that_lower_it() -> None:
    evaluation = judged(0.8)
    for digit, (precision, recall, f1, support) in enumerate(figures(evaluation)):
        assert precision["data-choice"] == f"-{digit}" and recall["data-choice"] == f"{digit}-"
        lower = min((precision, recall), key=lambda one: float(one["text"].removesuffix(" %")))
        assert f1["data-choice"] == lower["data-choice"]
        assert support["data-choice"] == f"{digit}--all"
        images = {
            choice: len(selection.of(evaluation))
            for choice in (precision["data-choice"], recall["data-choice"], support["data-choice"])
            if (selection := Selection.from_choice(choice))
        }
        right = evaluation.confusion[digit, digit]
        assert right / (right + images[precision["data-choice"]]) == pytest.approx(evaluation.report[digit, 0])
        assert right / (right + images[recall["data-choice"]]) == pytest.approx(evaluation.report[digit, 1])
        assert images[support["data-choice"]] == evaluation.report[digit, 3]


def test_what_is_chosen_is_marked() -> None:
    marked = [one for row in figures(judged(), Selection(4)) for one in row if "aria-current" in one]
    assert {one["data-choice"] for one in marked} == {"4-"}
    assert marked[0]["aria-label"].startswith("Recall of 4")
    assert not [one for row in figures(judged()) for one in row if "aria-current" in one]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9, 0.97, 0.99, 0.999, 1.0])
def test_every_bar_can_be_seen_and_is_as_long_as_its_figure_says(share: float) -> None:
    evaluation = judged(share)
    start = bars_start(evaluation)
    table = html.unescape(report_table(evaluation, Selection()))
    widths = [float(width) / 100 for width in re.findall(r"--width:([0-9.]+)%", table)]
    expected = (evaluation.report[:, :3].ravel() - start) / (1 - start)
    assert widths == pytest.approx(np.maximum(expected, 0), abs=6e-4)
    assert start == 0 or min(widths) >= 0.099


def test_its_heads_lead_to_what_they_mean() -> None:
    links = re.findall(r'<a href="#word-(.*?)">(.*?)</a>', report_table(judged(), Selection()))
    assert links == [("precision", "Precision"), ("recall", "Recall"), ("f1", "F1")]
    assert {word for word, _ in links} <= set(WORDS)


def test_a_good_models_bars_do_not_all_look_alike() -> None:
    assert bars_start(judged(0.5)) < bars_start(judged(0.9)) < bars_start(judged(0.998, 20_000))
    assert bars_start(Evaluation.measure(np.eye(10)[[0, 1]], np.array([1, 0]))) == 0


def test_a_digit_without_images_does_not_fail() -> None:
    rows = figures(Evaluation.measure(np.eye(10)[[0, 1, 1]], np.array([0, 1, 1])))
    assert [one["text"] for one in rows[7]] == ["–", "–", "–", "0"]
