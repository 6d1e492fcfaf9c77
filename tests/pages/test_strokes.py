"""What a stroke costs the app: the parts of the Draw page that follow it, and no others, whatever is stored."""

import asyncio
import json
import shutil
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core import environment
from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.app_process import AppProcess
from mnist_core.bench.drawings import fabric_drawing
from mnist_core.errors import LabError
from mnist_core.runs import run_folders
from tests.conftest import simple_strokes

NAME = "20260101-000000-000000-quick-0000"
# The answer as a whole, and then the stages of the preparation.
ANSWER, STAGES = ["html"], ["markdown", "html"]
MICROSCOPE = "The microscope: each step of the preparation"
STAGES_SHOW = "Centre of mass in the middle"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    app = AppProcess.start(tmp_path_factory.mktemp("strokes") / "home")
    yield app
    app.end()


@pytest.fixture
def model(lab: AppProcess) -> Path:
    """A run's model beside the shipped one."""
    folder = lab.home / "runs" / NAME
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(environment.PRETRAINED / run_folders.SHIPPED_MODEL, folder)
    return folder


def drawing(*digits: int) -> dict[str, Any]:
    """Digits side by side."""
    strokes = [
        stroke * (2 if len(digits) == 1 else 0.9) + np.array([110 * place, 40])
        for place, digit in enumerate(digits)
        for stroke in simple_strokes(digit)
    ]
    return fabric_drawing(strokes)


EMPTY: dict[str, Any] = {"version": "7.4.0", "objects": [], "background": "#000000"}


def on_draw(lab: AppProcess, do: Callable[[AppClient], Coroutine[Any, Any, None]], **query: str) -> None:
    async def visit() -> None:
        async with open_session(lab.address) as session:
            await session.visit("draw", **query)
            await do(session)
            assert not session.exceptions()

    asyncio.run(visit())


def pictures(session: AppClient) -> str:
    return " ".join(element.html.body for element in session.elements("html"))


def test_a_stroke_brings_its_answer_and_stages_alone(lab: AppProcess) -> None:
    async def do(session: AppClient) -> None:
        await session.draw(drawing(4))
        before = pictures(session)
        await session.draw(drawing(7))
        assert session.answer() == "7"
        assert session.drawn_last() == ANSWER
        assert "It was a …" in session.labels("button_group")
        await session.open(MICROSCOPE)
        await session.draw(drawing(4))
        assert session.drawn_last() == [*ANSWER, *STAGES]
        assert pictures(session) != before and STAGES_SHOW in pictures(session)
        assert session.labels("selectbox")[1:] == ["Which model answers"]  # the first chooses the language
        assert "Centre of mass" in session.labels("checkbox")

    on_draw(lab, do)


def test_a_stroke_reads_no_stored_run(lab: AppProcess, model: Path) -> None:
    async def do(session: AppClient) -> None:
        await session.draw(drawing(4))
        config = (model / "config.json").read_bytes()
        written = rewritten(model / "config.json", config)
        await session.draw(drawing(7))
        assert session.answer() == "7"
        assert was_read(model / "config.json") == written
        await session.visit("draw")
        if was_read(model / "config.json") == written:
            pytest.skip("this disk does not note when a file is read")

    on_draw(lab, do)


def rewritten(path: Path, content: bytes) -> int:
    path.write_bytes(content)
    return was_read(path)


def was_read(path: Path) -> int:
    """When, in nanoseconds."""
    return path.stat().st_atime_ns


def test_the_microscope_comes_and_goes_with_the_digit(lab: AppProcess) -> None:
    async def do(session: AppClient) -> None:
        assert "Centre of mass" not in session.labels("checkbox") and session.answer() == "–"
        await session.draw(drawing(4))
        assert STAGES_SHOW not in pictures(session), "nothing is painted that nobody looks at"
        await session.open(MICROSCOPE)
        assert "Centre of mass" in session.labels("checkbox") and STAGES_SHOW in pictures(session)
        assert session.has_button("Undo") and session.has_button("Clear")
        await session.draw(drawing(4, 2))
        assert session.answer() == "42"
        assert "Centre of mass" not in session.labels("checkbox") and STAGES_SHOW not in pictures(session)
        assert any("one digit at a time" in words for words in session.texts())
        await session.draw(EMPTY)
        assert session.answer() == "–" and not session.has_button("Undo")
        assert session.has_button("Redo") and not any("one digit at a time" in words for words in session.texts())
        await session.draw(drawing(4))
        assert session.answer() == "4" and "Centre of mass" in session.labels("checkbox")

    on_draw(lab, do)


def test_clear_empties_the_page_and_the_canvas_is_drawn_on(lab: AppProcess) -> None:
    async def do(session: AppClient) -> None:
        await session.draw(drawing(4))
        await session.press("Clear")
        assert session.answer() == "–" and "Centre of mass" not in session.labels("checkbox")
        assert not session.has_button("Clear")
        await session.draw(drawing(7))
        assert session.answer() == "7" and session.has_button("Clear")
        await session.press("Undo")
        assert session.answer() != "7" and session.has_button("Redo")

    on_draw(lab, do)


def test_a_switch_of_the_preparation_changes_what_strokes_get(lab: AppProcess) -> None:
    async def do(session: AppClient) -> None:
        await session.draw(drawing(4))
        await session.open(MICROSCOPE)
        await session.set_value("checkbox", "Centre of mass", bool_value=False)
        assert any("Prepared without: Centre of mass" in words for words in session.alerts())
        await session.draw(drawing(7))
        assert any("Prepared without: Centre of mass" in words for words in session.alerts())
        assert "It was a …" not in session.labels("button_group")
        await session.set_value("checkbox", "Centre of mass", bool_value=True)
        await session.draw(drawing(4))
        assert not session.alerts() and "It was a …" in session.labels("button_group")

    on_draw(lab, do)


def test_models_beside_the_first_answer_each_stroke(lab: AppProcess, model: Path) -> None:
    async def do(session: AppClient) -> None:
        await session.draw(drawing(4))
        (compared,) = (one for one in session.elements("multiselect") if one.multiselect.label == "Compare with")
        value = {"data": [compared.multiselect.options[0]]}
        await session.set_value("multiselect", "Compare with", string_array_value=value)
        assert "All of them say 4." in session.alerts()
        await session.draw(drawing(7))
        assert "All of them say 7." in session.alerts()
        assert session.answer() == "7"

    on_draw(lab, do)


def test_a_model_that_was_deleted_since_is_not_asked(lab: AppProcess, model: Path) -> None:
    async def do(session: AppClient) -> None:
        await session.draw(drawing(4))
        shutil.rmtree(model)
        with pytest.raises(LabError, match="no model yet"):
            await session.draw(drawing(7))
        assert any("no model yet" in words for words in session.alerts())
        assert "Centre of mass" not in session.labels("checkbox")

    on_draw(lab, do, run=NAME)


def test_what_cannot_be_read_is_said_and_drawn_over(lab: AppProcess) -> None:
    async def do(session: AppClient) -> None:
        await session.draw(drawing(4))
        with pytest.raises(LabError, match="cannot be read"):
            await session.draw(json.loads('{"objects": [{"path": [["M", "a", 2]]}]}'))
        assert any("cannot be read" in words for words in session.alerts())
        assert "Centre of mass" not in session.labels("checkbox") and session.has_button("Clear")
        await session.draw(drawing(7))
        assert session.answer() == "7" and not session.alerts()

    on_draw(lab, do)


def test_a_home_that_is_gone_is_said_once(lab: AppProcess, model: Path) -> None:
    async def do(session: AppClient) -> None:
        await session.draw(drawing(4))
        await session.open(MICROSCOPE)
        elsewhere = lab.home.rename(lab.home.with_name("elsewhere"))
        try:
            with pytest.raises(LabError, match="folder is gone"):
                await session.draw(drawing(7))
            assert len(session.alerts()) == 1 and not session.answer()
        finally:
            elsewhere.rename(lab.home)
        await session.draw(drawing(4))
        assert session.answer() == "4" and not session.alerts()
        assert "Centre of mass" in session.labels("checkbox") and STAGES_SHOW in pictures(session)

    on_draw(lab, do)
