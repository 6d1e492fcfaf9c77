"""What a browser sends to the pages that no browser of ours would."""

import pytest

from tests.pages.conftest import OpenPage, checked


@pytest.mark.parametrize(
    "raw",
    [
        {"objects": 5},
        {"objects": [{"path": [["M", "x", None]]}]},
        {"objects": [{"path": [["M", float("nan"), 1], ["L", 5, 5]]}]},
        {"objects": [{"path": [["M", 1, 1]] * 30_000}]},
        ["nothing"],
    ],
)
def test_a_hostile_canvas_gets_one_sentence(open_page: OpenPage, raw: object) -> None:
    page = open_page("draw")
    page.session_state["canvas-0"] = {"drawing": {"raw": raw, "data": None}, "backgroundFit": None}
    checked(page.run())
    assert len(page.warning) == 1 and page.warning[0].value.endswith(".")
