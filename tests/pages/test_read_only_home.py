"""A home on a disk that can only be read: everything in it is shown, and what cannot be kept says why."""

from pathlib import Path

import pytest

from tests.pages.conftest import OpenPage, checked, said
from tests.runs.test_old_releases import ending, settle_in
from tests.support.disks import read_only

SWEEP = "20261126-205837-578770-quick-663d"


@pytest.mark.parametrize("name", ["start", "explore", "train", "sweep", "evaluate", "draw", "models"])
def test_each_page_shows_a_read_only_home(open_page: OpenPage, temporary_home: Path, name: str) -> None:
    settle_in("2026-11-26", temporary_home)
    run = ending("7b6c").id
    query = {"sweep": {"sweep": SWEEP}, "explore": {"data": "digits-8x8"}, "start": {}}.get(name, {"run": run})
    with read_only(temporary_home):
        page = open_page(name, **query)
    words = said(page)
    for word in ("damaged", "incomplete", "Errno", str(temporary_home), "delete the sweep"):
        assert word not in words, words


def test_what_cannot_be_kept_in_a_read_only_home_says_why(open_page: OpenPage, temporary_home: Path) -> None:
    settle_in("2026-11-26", temporary_home)
    with read_only(temporary_home):
        page = open_page("train", data="digits-8x8")
        page = checked(next(button for button in page.button if button.label == "Start").click().run())
    assert "can only be read; " in said(page) and str(temporary_home) not in said(page)
