import re

from mnist_core.presentation.tables.runs import runs_table

ROW = {
    "Run": "one",
    "State": "done",
    "Test accuracy": 99.3,
    "Data": "MNIST",
    "Epochs": "1 of 1",
    "Started": "now",
    "Note": "",
}
OTHER = ROW | {"Run": "<b>", "State": "failed", "Test accuracy": None, "Note": "<i>why?</i>"}


def test_each_run_is_a_row_that_can_be_pressed_and_those_that_are_chosen_are_marked() -> None:
    html = runs_table([ROW], {"one": "quick"}, ["one"])
    assert re.findall('data-choice="(.*?)" tabindex="-1" aria-selected="(.*?)"', html) == [("one", "true")]
    assert "quick" in html and "99.30 %" in html and "MNIST" in html and "Note" not in html and "☑" not in html


def test_what_people_typed_is_no_markup_and_what_is_not_known_is_a_dash() -> None:
    html = runs_table([ROW, OTHER], {"one": "quick", "<b>": "<u>mine</u>"}, [], several=True)
    assert "<u>" not in html and "<i>" not in html and "<b>" not in html and "&lt;u&gt;mine" in html
    assert '<td class="number">–</td>' in html and ">failed<" in html and html.count("☐") == 2


def test_a_phone_shows_no_more_than_name_and_accuracy() -> None:
    (style,) = re.findall("<style>(.*?)</style>", runs_table([ROW], {"one": "quick"}, []), re.DOTALL)
    assert ".short, .long { display: none }" in style.split("@media (max-width: 640px)")[1]
