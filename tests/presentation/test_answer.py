"""An answer is one piece of HTML: who says what, what was seen, ten bars; and what others say is text."""

import re

import numpy as np

from mnist_core.presentation.answer import OneDigit, Said, answer

FOUR = OneDigit(np.zeros((28, 28), np.uint8), (0.0, 0.02, 0.0, 0.0, 0.975, 0.0, 0.0, 0.005, 0.0, 0.0), 4)
MINE = Said("My model says", "4", "A 4, 98 % sure.")


def test_one_digit_has_its_picture_and_its_bars() -> None:
    shown = answer(MINE, FOUR, strokes=2)
    assert re.search('class="answer" data-shown="4" data-strokes="2" data-digit="4"', shown)
    assert [shown.count(part) for part in ("<figure", 'class="probabilities"', "answer-other")] == [1, 1, 0]


def test_several_digits_have_none() -> None:
    shown = answer(Said("My model says", "42", "2 digits, read as 42."))
    assert 'data-shown="42" data-strokes="" data-digit=""' in shown
    assert "<figure" not in shown and "probabilities" not in shown


def test_another_model_stands_beside_it() -> None:
    shown = answer(MINE._replace(limit="It knows digits alone."), FOUR, Said("The shipped model says", "–", "None."))
    assert re.findall('class="answer-digit">(.)<', shown) == ["4", "–"]
    assert "has-other" in shown and shown.count("answer-limit") == 1
    assert "My model says, digit by digit:" in shown, "it says whose the bars are"
    assert "digit by digit" not in answer(MINE, FOUR)


def test_what_a_model_is_called_is_no_markup() -> None:
    shown = answer(MINE._replace(title='<img src=x onerror="alert(1)">'))
    assert "<img" not in shown and "&lt;img src=x" in shown
