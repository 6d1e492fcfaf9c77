"""A home that goes away or becomes read-only while the app lives: each page says so in a sentence, and comes back."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mnist_core import environment
from mnist_core.files import home_folder
from tests.pages.conftest import OpenPage, checked, said
from tests.support.small_disk import SmallDisk, mounted

PAGES = ("start", "explore", "train", "sweep", "evaluate", "draw", "models", "class", "join")


@pytest.fixture(autouse=True)
def _nothing_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home_folder, "_seen", set())


@pytest.fixture
def home(temporary_home: Path) -> Path:
    shutil.copytree(environment.PRETRAINED / "best", temporary_home / "runs" / "ours")
    return temporary_home


@pytest.fixture
def small_disk(temporary_home: Path) -> Iterator[SmallDisk]:
    with mounted(temporary_home) as found:
        shutil.copytree(environment.PRETRAINED / "best", temporary_home / "runs" / "ours")
        yield found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_that_the_home_is_gone_and_works_when_it_is_back(
    open_page: OpenPage, home: Path, page: str
) -> None:
    shown = open_page(page)
    assert not shown.error
    home.rename(home.with_name("elsewhere"))
    checked(shown.run())
    (sentence,) = (error.value for error in shown.error)
    assert sentence.startswith("The lab's folder is gone") and str(home) not in said(shown)
    assert not home.exists(), "no page makes it again"
    home.with_name("elsewhere").rename(home)
    assert not checked(shown.run()).error


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_that_a_file_is_in_the_way(open_page: OpenPage, home: Path, page: str) -> None:
    home.rename(home.with_name("elsewhere"))
    home.write_text("a file")
    (sentence,) = (error.value for error in open_page(page).error)
    assert sentence.startswith("A file lies where the lab's folder should be")


def test_a_new_lab_has_no_home_and_says_nothing_of_it(open_page: OpenPage, temporary_home: Path) -> None:
    assert not open_page("start").error and not temporary_home.exists()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_works_where_the_home_can_only_be_read(open_page: OpenPage, small_disk: SmallDisk, page: str) -> None:
    home = small_disk.folder
    shown = open_page(page)
    subprocess.run(["mount", "-o", "remount,ro", str(home)], check=True)
    checked(shown.run())
    assert not os.access(home, os.W_OK)
    assert shown.warning[0].value.startswith("The lab's folder can only be read") and str(home) not in said(shown)
    subprocess.run(["mount", "-o", "remount,rw", str(home)], check=True)
    checked(shown.run())
    assert "can only be read" not in said(shown)


def test_what_is_pressed_in_a_home_that_can_only_be_read_says_so(open_page: OpenPage, small_disk: SmallDisk) -> None:
    shown = open_page("models", run="ours")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk.folder)], check=True)
    delete = next(button for button in shown.button if button.label == "Delete it")
    checked(delete.click().run())
    assert [error.value for error in shown.error] == [
        "The run ours cannot be deleted: its disk can only be read; let the lab write there, or choose another folder "
        "with \\$MNIST\\_HOME."
    ]
