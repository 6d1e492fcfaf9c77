"""Shares as tables: what they say, where their lines lie, and that no text in them is markup."""

import re

import pytest

from mnist_core.presentation.tables.figures import Row, Share, counts_table, shares_table

ROWS = [Row("A", (Share(90, 100, True), Share(0, 0)), "<b>mine</b>"), Row("B", (Share(80, 100), Share(1, 1)))]


def test_a_share_has_its_number_its_interval_and_the_best_a_sign() -> None:
    table = shares_table(["x", "y"], ROWS, "z")
    assert "★ 90 %" in table and "★ 80 %" not in table and "90 of 100" in table
    assert "83 % to 94 %" in table, "Wilson's interval"
    assert "90.0 %" in shares_table(["x", "y"], ROWS, "z", decimals=1)
    assert "–" in table, "nothing of nothing is no share"


def test_lines_go_from_a_step_below_the_least_to_all() -> None:
    table = shares_table([], [Row("A", (Share(90, 100),)), Row("B", (Share(100, 100),))], "z")
    assert "The lines go from 80 % to 100 %." in table
    places = [float(place) for place in re.findall(r"left:([\d.]+)%", table)]
    widths = [float(width) for width in re.findall(r"width:([\d.]+)%\"", table)]
    assert all(0 <= place <= 100 for place in places) and len(places) == 4
    assert places[0] + widths[0] > places[1] > places[0]
    assert places[2] + widths[1] == pytest.approx(100, abs=0.02) and places[3] == 100


@pytest.mark.parametrize("share", [Share(0, 1), Share(1, 1), Share(0, 1000), Share(1, 100_000)])
def test_no_line_leaves_its_place(share: Share) -> None:
    for place in re.findall(r"left:([-\d.]+)%", shares_table([], [Row("A", (share,))], "z")):
        assert 0 <= float(place) <= 100


def test_counts_in_little_room() -> None:
    table = counts_table(["x", "y"], ROWS, "z")
    assert "★ 90/100" in table and "80/100" in table and "–" in table


def test_no_text_is_markup() -> None:
    evil = "<img src=x onerror=alert(1)>"
    for table in (shares_table, counts_table):
        made = table([evil], [Row(evil, (Share(1, 2),), evil)], evil)
        assert "<img" not in made and "&lt;img" in made
