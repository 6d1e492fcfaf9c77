import json
import math

import pytest

from mnist_core.bench.rows import Row, report, table


def test_more_is_better_of_a_speed_and_fewer_of_seconds() -> None:
    assert Row("training", "x", 3000, "images/s", 1500, "fit").ratio == 2
    assert Row("race", "x", 7, "s", 105, "example").ratio == 15
    assert math.isnan(Row("pages", "x", 1.0, "s").ratio)


@pytest.mark.parametrize(
    ("row", "held", "bar"),
    [
        (Row("g", "x", 1790, "images/s", 1000, "fit", least_ratio=1.8), False, "≥ 1.8×"),
        (Row("g", "x", 1810, "images/s", 1000, "fit", least_ratio=1.8), True, "≥ 1.8×"),
        (Row("g", "x", math.inf, "s", 100, "example", least_ratio=10), False, "≥ 10×"),
        (Row("g", "x", 7.9, "s", limit=8), True, "≤ 8 s"),
        (Row("g", "x", 8.1, "s", limit=8), False, "≤ 8 s"),
        (Row("g", "x", 0.8, "share", limit=0.9), False, "≥ 90.0 %"),
        (Row("g", "x", 0.9, "share", limit=0.9), True, "≥ 90.0 %"),
        (Row("g", "x", 0.8, "s"), None, ""),
    ],
)
def test_what_is_asked_is_held_or_not(row: Row, held: bool | None, bar: str) -> None:
    assert row.held is held
    assert row.bar == bar


def test_the_table_has_a_line_for_each_row_and_all_figures() -> None:
    rows = [
        Row("training", "batch 32", 6543.2, "images/s", 2800, "fit", 1.8),
        Row("pages", "an answer", 0.0156, "s"),
        Row("race", "to 99 %", math.inf, "s", 105, "example", 10),
    ]
    lines = table(rows).splitlines()
    assert len(lines) == 2 + len(rows)
    assert len({len(line) for line in lines}) == 1
    assert all(words in lines[2] for words in ("batch 32", "6,543 images/s", "2,800 images/s", "fit", "2.34×", "held"))
    assert "15.6 ms" in lines[3]
    assert "never" in lines[4]
    assert "NOT HELD" in lines[4]


def test_the_report_is_plain_json() -> None:
    values = report([Row("race", "to 99 %", math.inf, "s", 105, "example", 10)])
    (row,) = json.loads(json.dumps(values, allow_nan=False))["rows"]
    assert row["ours"] is None
    assert row["held"] is False
    assert values["versions"]["numpy"]
    assert values["cores"] >= 1
