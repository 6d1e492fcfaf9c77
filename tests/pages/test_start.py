"""The start page: where to go, what was trained of late, and how others open the lab."""

import math

import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.runs.status import Status
from mnist_core.ui import visitor
from mnist_core.ui.server import reach
from tests.pages.conftest import OpenPage, said

ADDRESSES = ["http://192.168.1.7:8501", "http://10.0.0.3:8501"]


def run_of(state: str, accuracy: float = math.nan) -> Run:
    run = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    run.write_status(Status(state, epochs=1, test_accuracy=accuracy))
    return run


def links(page: object) -> list[tuple[str, str]]:
    """The pages that a page leads to, below the navigation, by what stands on the links."""
    found = page.get("page_link")  # type: ignore[attr-defined]
    return [(link.proto.label, f"{link.proto.page}?{link.proto.query_string}") for link in found][8:]


def test_each_room_has_a_sentence_and_a_link(open_page: OpenPage) -> None:
    page = open_page("start")
    assert [label for label, _ in links(page)] == [
        f"**{room}**" for room in ("Explore", "Train", "Sweep", "Evaluate", "Draw", "Models", "Teach a class")
    ]
    assert "Start a network and watch it learn." in said(page)
    assert "Nobody has trained here yet." in said(page)


def test_the_last_runs_lead_to_what_came_of_them(open_page: OpenPage) -> None:
    for _ in range(4):
        run_of("failed")
    run_of("queued")
    done = run_of("done", 0.9912)
    done.model_path.write_bytes(b"a model")
    done.write_label(RunLabel("our *first*"), by=COMMAND_LINE)
    page = open_page("start")
    (first, target), (second, other), *rest = links(page)[6:-1]
    assert first == r"our \*first\* (99.12 %)" and target.endswith(f"evaluate?run={done.id}")
    assert second.endswith("· queued") and "train?" in other and len(rest) == 3
    assert "1 run under way or waiting" in said(page)


@pytest.mark.parametrize("here", [True, False], ids=["at the lab's machine", "elsewhere"])
def test_only_at_the_labs_machine_are_all_its_networks_shown(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, here: bool
) -> None:
    monkeypatch.setattr(reach, "addresses", lambda called: ADDRESSES)
    monkeypatch.setattr(visitor, "on_this_machine", lambda: here)
    page = open_page("start")
    shown = [box.options for box in page.selectbox if box.key == "network"]
    assert shown == ([["192.168.1.7:8501", "10.0.0.3:8501"]] if here else [])
    told = "".join(element.proto.body for element in page.get("html"))
    assert ADDRESSES[0] in told and ADDRESSES[1] not in told


def test_a_lab_that_nobody_else_reaches_shows_no_address(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "addresses", lambda called: [])
    assert "Open it on your device" not in [header.value for header in open_page("start").header]
