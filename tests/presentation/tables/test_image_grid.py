import re

import numpy as np
import pytest

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.presentation.tables.image_grid import caption, image_grid
from tests.support.markup import buttons

PROBABILITIES = np.full((3, 10), 0.002)
PROBABILITIES[[0, 1, 2], [9, 4, 7]] = 0.982
PROBABILITIES[2, 7], PROBABILITIES[2, 1] = 0.7, 0.284
EVALUATION = Evaluation.measure(PROBABILITIES, np.array([4, 4, 7]))
IMAGES = np.random.default_rng(0).integers(0, 256, (3, 28, 28)).astype(np.uint8)


def test_a_caption_says_what_an_image_is_and_what_it_is_read_as() -> None:
    assert caption(EVALUATION, 0) == "✗ #0 is 4, read as 9, 98 %"
    assert caption(EVALUATION, 2) == "✓ #2 is 7, read as 7, 70 %"


def test_every_image_is_a_button_with_its_caption_and_the_chosen_one_is_marked() -> None:
    found = buttons(image_grid(EVALUATION, IMAGES, [2, 0], 0))
    assert [one["data-choice"] for one in found] == ["2", "0"]
    assert found[0]["text"].startswith(caption(EVALUATION, 2)) and found[1]["text"].startswith(caption(EVALUATION, 0))
    assert ["aria-current" in one for one in found] == [False, True]


def test_ten_bars_are_as_high_as_the_probabilities_and_the_highest_has_its_digit_in_bold() -> None:
    grid = image_grid(EVALUATION, IMAGES, [2, 0], 0)
    first, second = re.findall(r"<svg.*?</svg>", grid)
    heights = {int(x) // 10: float(height) for x, height in re.findall(r"M(\d+) 24v-([0-9.]+)h8", first)}
    assert sorted(heights) == list(range(10))
    assert heights[7] / heights[1] == pytest.approx(0.7 / 0.284, abs=0.05)
    assert re.findall(r'class="(\w+)"[^>]*>(\d)<', first) == [("highest", "7")]
    assert re.findall(r'class="(\w+)"[^>]*>(\d)<', second) == [("actual", "4"), ("highest", "9")]
