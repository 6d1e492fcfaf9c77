from typing import Any

from mnist_core.ui.tables import harmless, harmless_chart

FORMULA = '=HYPERLINK("http://evil.example","open")'


def test_no_text_of_a_table_is_a_formula_in_its_csv() -> None:
    rows: list[dict[str, object]] = [{"Name": FORMULA, "Note": "+1", "Runs": -3, "Best": None}]
    (row,) = harmless(rows)
    assert row == {"Name": "\u200b" + FORMULA, "Note": "\u200b+1", "Runs": -3, "Best": None}
    assert rows[0]["Name"] == FORMULA
    columns: dict[str, list[object]] = {"image": ["@a.png", "b.png"], "digit": [1, 2]}
    assert harmless(columns) == {
        "image": ["\u200b@a.png", "b.png"],
        "digit": [1, 2],
    }


def test_nor_is_one_in_the_data_of_a_chart() -> None:
    spec: dict[str, Any] = {
        "data": {"values": [{"run": FORMULA, "accuracy": 99.1}]},
        "encoding": {"y": {"field": "run", "scale": {"domain": [FORMULA]}}, "x": {"axis": {"format": "+.1f"}}},
    }
    chart = harmless_chart(spec)
    assert chart["data"]["values"] == [{"run": "\u200b" + FORMULA, "accuracy": 99.1}]
    assert chart["encoding"]["y"]["scale"]["domain"] == ["\u200b" + FORMULA]
    assert chart["encoding"]["x"] == spec["encoding"]["x"]
    same = {"data": {"values": [{"run": "a"}]}}
    assert harmless_chart(same) is same
