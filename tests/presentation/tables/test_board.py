from mnist_core.presentation.tables import board
from mnist_core.presentation.tables.board import Epoch


def test_a_course_shows_what_is_read_wrong_as_bars() -> None:
    html = board.course([Epoch("before", 130, 0.996), Epoch("epoch 1", 135, None)], 140)
    assert "Of 140 drawings of ours, it read 130 right before, and 135 after epoch 1." in html
    assert "10 of 140" in html and "5 of 140" in html and "99.60 %" in html.replace("\xa0", " ")
    assert "* 100.0 / 100" in html and "* 50.0 / 100" in html
    assert "* 0 / 100" in board.course([Epoch("before", 140, 1.0)], 140)
    assert board.course_sentence([Epoch("before", 7, None)], 9) == "Of 9 drawings of ours, it read 7 right before."
    assert board.course_sentence([], 9) == ""


def test_names_beside_figures_are_text() -> None:
    html = board.by_person([("<b>Zoe", 8, 9, 10), ("Red Owl", 9, 8, 10), ("Blue Fox", 9, 9, 10)])
    assert "<b>Zoe" not in html and "&lt;b&gt;Zoe" in html
    assert html.count("▲") == html.count("▼") == 1 and "9 of 10" in html
