"""Models side by side as HTML."""

import re

from mnist_core.evaluation.model_cost import ModelFacts
from mnist_core.presentation.glossary import WORDS
from mnist_core.presentation.tables.comparison import Column, comparison_table, figures
from tests.evaluation.test_comparison import of_errors
from tests.support.markup import buttons

FULL = Column("first", ModelFacts(1234, 1_300_000, 72.4), 0.00024)
EMPTY = Column("second", ModelFacts(None, None, None), None)


def text(html: str) -> dict[str, list[str]]:
    """The rows of the table: their names and cells."""
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', html)
    return {
        re.sub("<.*?>", "", name): [re.sub("<.*?>", "", cell) for cell in re.findall("<td.*?>(.*?)</td>", cells)]
        for name, cells in rows
    }


def test_each_figure_stands_below_its_model() -> None:
    html = comparison_table(of_errors((1, 2, 3), (3,)), [FULL, EMPTY], "")
    assert text(html) == {
        "Model": [],
        "Test accuracy": ["98.50 %", "99.50 %"],
        "Likely between": ["95.68–99.49 %", "97.22–99.91 %"],
        "Loss": text(html)["Loss"],
        "Read wrong": ["3", "1"],
        "Only this one is right": ["0", "2"],
        "Parameters": ["1,234", "–"],
        "Size (LiteRT)": ["1.3 MB", "–"],
        "Training time": ["1 min 12 s", "–"],
        "Time for one image": ["0.24 ms", "–"],
    }
    assert re.findall('<td class="best"><span>(.*?)</span></td>', html)[0] == "99.50 %"
    assert figures([FULL])[0] == ("Parameters", ["1,234"])


def test_words_that_need_it_lead_to_what_they_mean() -> None:
    html = comparison_table(of_errors((1, 2, 3), (3,)), [FULL, EMPTY], "")
    links = re.findall(r'<a href="#word-(.*?)">(.*?)</a>', html)
    assert links == [("accuracy", "Test accuracy"), ("likely-between", "Likely between"), ("loss", "Loss")]
    assert {word for word, _ in links} <= set(WORDS)


def test_every_count_leads_to_its_images_and_the_chosen_one_is_marked() -> None:
    comparison = of_errors((1, 2, 3), (3,), (4,))
    found = buttons(comparison_table(comparison, [FULL, EMPTY, EMPTY], "B-A"))
    assert {one["data-choice"] for one in found} == set(comparison.groups) - {"none"}
    for one in found:
        group = comparison.groups[one["data-choice"]]
        assert one["text"] == str(len(group.indices)) and one["aria-label"] == group.sentence
    assert [one["data-choice"] for one in found if "aria-current" in one] == ["B-A"]


def test_names_that_people_typed_are_no_markup() -> None:
    html = comparison_table(of_errors((1,), (2,)), [Column("<b onclick=x>", FULL.facts, None), EMPTY], "")
    assert "<b onclick" not in html and "&lt;b onclick=x&gt;" in html


def test_two_models_fit_a_telephone_beside_the_names_of_the_rows() -> None:
    (style,) = re.findall("<style>(.*?)</style>", comparison_table(of_errors((1,), (2,)), [FULL, EMPTY], ""), re.DOTALL)
    wide, narrow = style.split("@media (max-width: 640px)")
    assert "position: sticky; left: 0" in wide
    assert "th[scope=row] { min-width: 0; width: 5rem" in narrow
    assert "th[scope=col] { min-width: 5.5rem" in narrow
    assert 5 + 2 * (5.5 + 0.5) <= 328 / 16  # rem, with padding; a telephone of 360 pixels leaves 328
