from mnist_core.presentation.charts.template import LABEL_LIMIT, enlarged


def test_a_larger_chart_has_larger_letters_and_lines_and_the_same_data() -> None:
    rows = [{"height": 3, "size": 4}]
    spec = {
        "data": {"values": rows},
        "params": [{"name": "size", "value": 10}],
        "height": 200,
        "layer": [
            {"mark": {"type": "text", "fontSize": 12, "dx": -4, "clip": True}},
            {"mark": {"type": "circle", "size": 100, "strokeWidth": 2, "dy": {"expr": "datum.up"}}},
        ],
        "config": {"view": {"stroke": None}},
    }
    larger = enlarged(spec, 1.5)
    assert larger["height"] == 300
    assert larger["layer"][0]["mark"] == {"type": "text", "fontSize": 18, "dx": -6, "clip": True}
    assert larger["layer"][1]["mark"] == {"type": "circle", "size": 225, "strokeWidth": 3, "dy": {"expr": "datum.up"}}
    assert (larger["data"], larger["params"]) == ({"values": rows}, spec["params"])
    assert larger["config"] == {"axis": {"labelLimit": 1.5 * LABEL_LIMIT}, "view": {"stroke": None}}
    assert spec["height"] == 200, "the one for other screens stays"
