"""The pages where the lab was installed without what trains."""

import pytest

from mnist_core import environment
from mnist_core.config.recipes import RECIPES
from mnist_core.engine.connection import EngineConnection
from mnist_core.runs import run_folders
from tests.pages.conftest import OpenPage, said


@pytest.mark.parametrize(("page", "what"), [("train", "Training"), ("sweep", "A sweep")])
def test_a_page_that_trains_says_what_to_install(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, page: str, what: str
) -> None:
    monkeypatch.setattr(environment, "can_train", lambda: False)
    shown = open_page(page)
    sentence = f"{what} needs TensorFlow, which is not installed here; install digit-lab\\[train\\]."
    assert [error.value for error in shown.error] == [sentence]
    assert not shown.button


def test_the_start_page_starts_no_engine_that_could_not_train(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    monkeypatch.setattr(environment, "can_train", lambda: False)
    started: list[bool] = []
    monkeypatch.setattr(EngineConnection, "start", lambda engine: started.append(True))
    assert "1 run under way or waiting" in said(open_page("start"))
    assert not started
