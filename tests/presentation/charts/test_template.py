import altair as alt

from mnist_core import language
from mnist_core.language import N_, gettext
from mnist_core.presentation.charts.template import LABEL_LIMIT, Template, enlarged, filled, named


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


def test_a_chart_is_built_for_each_language_with_its_words_and_signs() -> None:
    english = filled(_chart, [])
    with language.speaking("de"):
        german = filled(_chart, [])
    assert [spec["encoding"]["x"]["title"] for spec in (english, german, filled(_chart, []))] == [
        "Epoch",
        "Epoche",
        "Epoch",
    ]
    assert "locale" not in english["config"]
    assert german["config"]["locale"]["number"]["decimal"] == ","


def test_what_rows_call_otherwise_has_names_for_people() -> None:
    names = {"loss": N_("Loss")}
    assert named(names) == '{"loss": "Loss"}[datum.label]'
    with language.speaking("de"):
        assert named(names, "datum.part") == '{"loss": "Verlust"}[datum.part]'


def _chart() -> Template:
    return alt.Chart(alt.Data(values=[])).mark_point().encode(x=alt.X("epoch:Q", title=gettext("Epoch")))
