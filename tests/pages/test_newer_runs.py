from pathlib import Path

from tests.pages.conftest import OpenPage, said
from tests.runs.test_old_releases import NEWER, SENTENCE, settle_in


def test_pages_say_that_a_run_is_of_a_newer_lab(open_page: OpenPage, temporary_home: Path) -> None:
    settle_in("newer", temporary_home)
    page = open_page("train", run=NEWER)
    assert [error.value for error in page.error] == [SENTENCE] and "Delete it" not in said(page)
    page = open_page("models", run=NEWER)
    assert SENTENCE in said(page) and "damaged" not in said(page)
