import numpy as np

from mnist_core.presentation.tables.picture_grid import Picture, picture_grid
from tests.support.markup import buttons

IMAGE = np.zeros((28, 28), np.uint8)


def test_only_a_picture_with_a_choice_can_be_pressed_and_a_chosen_one_says_so() -> None:
    mine, others = Picture(IMAGE, "4", "Drawing 1, 4", "1", True), Picture(IMAGE, "<7>", "Drawing 2, 7", "", False)
    more = Picture(IMAGE, "9", "Drawing 3, 9", "3", False)
    html = picture_grid([mine, others, more], "Drawings")
    found = buttons(html)
    assert [one["data-choice"] for one in found] == ["1", "3"]
    assert [one["aria-pressed"] for one in found] == ["true", "false"]
    assert found[0]["aria-label"] == "Drawing 1, 4" and "&lt;7&gt;" in html


def test_where_a_press_chooses_nothing_a_picture_is_not_called_chosen() -> None:
    (found,) = buttons(picture_grid([Picture(IMAGE, "4", "4, picture 0: enlarge", "0")], "Pictures"))
    assert "aria-pressed" not in found and found["text"] == "4"
