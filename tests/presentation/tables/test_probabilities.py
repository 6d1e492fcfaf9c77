"""Ten bars, of which the most probable is marked, and those next to nothing have no number."""

import re

from mnist_core.presentation.tables.probabilities import probability_table

TEN = (0.0, 0.02, 0.0, 0.0, 0.975, 0.0, 0.0, 0.005, 0.0, 0.0)


def test_ten_bars_of_which_one_is_marked() -> None:
    shown = probability_table(TEN, 4)
    assert re.findall(r"<b>(\d)</b>", shown) == [str(digit) for digit in range(10)]
    assert re.findall(r'class="highest"><b>(\d)</b><i style="--share:([\d.]+)">', shown) == [("4", "0.975")]
    assert re.findall(r"<span>(.*?)</span>", shown) == ["", "2 %", "", "", "98 %", "", "", "", "", ""]
    assert 'role="img"' in shown and "Ten bars, one for each digit" in shown


def test_where_there_is_no_digit_none_is_marked() -> None:
    assert "highest" not in probability_table((0.0,) * 10, None)
