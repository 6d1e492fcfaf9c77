import numpy as np
import pytest

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.selection import Selection

DIGITS = (None, *range(10))
EVERY = [Selection(actual, predicted, only) for actual in DIGITS for predicted in DIGITS for only in (True, False)]


def test_the_short_form_comes_back_as_what_it_was() -> None:
    assert [Selection.from_choice(one.choice) for one in EVERY] == EVERY
    assert len({one.choice for one in EVERY}) == len(EVERY)
    assert (Selection(4, 9).choice, Selection(4).choice, Selection(None, 9, False).choice) == ("4-9", "4-", "-9-all")


@pytest.mark.parametrize(
    "text", ["", "4", "49", "4-9-", "4-9-ALL", "10-9", "4-9\n", " 4-9", "x-9", "4-9-all-all", "٤-9"]
)
def test_other_text_from_a_browser_is_no_selection(text: str) -> None:
    assert Selection.from_choice(text) is None


def test_a_selection_covers_its_own_cell_row_or_column_of_all_images_and_of_mistakes() -> None:
    assert Selection(4, 9).covers(Selection(4, 9, mistakes_only=False))
    assert Selection(4, None, mistakes_only=False).covers(Selection(4))
    assert not Selection(4).covers(Selection(4, 9))
    assert not Selection(4).covers(Selection(None, 4))
    assert not Selection(mistakes_only=False).covers(Selection())
    assert Selection(mistakes_only=False).covers(Selection(mistakes_only=False))


def test_a_selection_finds_its_images() -> None:
    labels, predictions = np.array([4, 4, 9, 4]), np.array([9, 4, 4, 9])
    probabilities = np.full((4, 10), 0.01)
    probabilities[range(4), predictions] = [0.5, 0.9, 0.9, 0.8]
    evaluation = Evaluation.measure(probabilities, labels)
    assert Selection(4, 9).of(evaluation).tolist() == [3, 0]
    assert Selection(4, None, mistakes_only=False).of(evaluation).tolist() == [1, 3, 0]
    assert Selection().of(evaluation).tolist() == [2, 3, 0]


@pytest.mark.parametrize(
    ("selection", "number", "sentence"),
    [
        (Selection(4, 9), 7, "The 7 images of a 4 that are read as 9, the most confident first."),
        (Selection(8, 9), 1, "The only image of an 8 that is read as 9."),
        (Selection(4, 9), 0, "There is no image of a 4 that is read as 9."),
        (Selection(4), 3, "The 3 images of a 4 that are read as another digit, the most confident first."),
        (Selection(None, 9), 8, "The 8 images that are read as 9 but are another digit, the most confident first."),
        (Selection(4, 4), 0, "A 4 that is read as 4 is not a mistake."),
        (Selection(4, 4, False), 979, "The 979 images of a 4 that are read as 4, the most confident first."),
        (Selection(4, None, False), 982, "The 982 images of a 4, the most confident first."),
        (Selection(None, 9, False), 1012, "The 1,012 images that are read as 9, the most confident first."),
        (Selection(), 41, "All 41 images that are read wrong. The most confident mistakes come first."),
        (Selection(), 1, "The only image that is read wrong."),
        (Selection(), 0, "No mistakes: every image of this test set is read right."),
        (Selection(None, None, False), 10_000, "All of 10,000 images, the most confident first."),
    ],
)
def test_a_sentence_says_what_is_shown(selection: Selection, number: int, sentence: str) -> None:
    assert selection.sentence(number) == sentence


def test_every_selection_has_a_sentence() -> None:
    for selection in EVERY:
        for number in (0, 1, 2):
            sentence = selection.sentence(number)
            assert sentence.endswith(".") and "  " not in sentence and "None" not in sentence
