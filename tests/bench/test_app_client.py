import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from mnist_core.bench import drawings
from mnist_core.bench.app_client import open_session
from mnist_core.bench.app_process import AppProcess, running_app
from mnist_core.errors import LabError
from mnist_core.preprocessing.canvas import strokes_from_canvas
from mnist_core.preprocessing.keypad import EXAMPLES, strokes_from_keys
from mnist_core.preprocessing.strokes import CANVAS_SIDE
from mnist_core.runs import run_folders
from tests.conftest import REAL_MNIST


def test_a_drawing_holds_the_strokes_that_were_drawn() -> None:
    for drawing, keys in zip(drawings.load(), EXAMPLES, strict=True):
        for read, drawn in zip(strokes_from_canvas(drawing), strokes_from_keys(keys), strict=True):
            # Curves between the same ends, which cut the corners by half a field of the keypad at most.
            assert read[[0, -1]] == pytest.approx(drawn[[0, -1]])
            assert abs(read.min(axis=0) - drawn.min(axis=0)).max() < CANVAS_SIDE / 4
            assert abs(read.max(axis=0) - drawn.max(axis=0)).max() < CANVAS_SIDE / 4


@pytest.fixture
def app(temporary_home: Path) -> Iterator[AppProcess]:
    with running_app(temporary_home) as running:
        yield running


@pytest.mark.long
def test_sessions_draw_press_choose_and_watch_a_run(app: AppProcess) -> None:
    asyncio.run(_draw(app))
    asyncio.run(_train(app))
    worker = app.trainer()
    assert worker
    app.end()
    assert not app.answers()
    assert not worker.is_running()


async def _draw(app: AppProcess) -> None:
    async with open_session(app.address) as one, open_session(app.address) as other:
        await one.visit("")
        for session in (one, other):
            await session.visit("draw")
            assert session.answer() == "–"
        zero, seven = drawings.load()[0], drawings.load()[7]
        assert 0 < await one.draw(zero) < 5
        await other.draw(seven)
        assert (one.answer(), other.answer()) == ("0", "7")
        assert any("A 0, " in one.html.body for one in one.elements("html"))
        await one.press("Clear")
        assert one.answer() == "–"
        assert not one.has_button("Clear")
        with pytest.raises(LabError, match="no button 'Launch'"):
            await one.press("Launch")


async def _train(app: AppProcess) -> None:
    async with open_session(app.address) as session:
        await session.visit("train", recipe="quick", data="digits-8x8", epochs="2")
        await session.set_value("number_input", "Epochs", double_value=3.0)
        assert "epochs=3" in session.query
        await session.press("Start")
        (run,) = run_folders.all_runs()
        assert run.config().epochs == 3
        assert run.id in session.query
        await session.watch(lambda page: len(page.charts()) == 2, 240)
        await session.watch(lambda page: any("Done" in words for words in page.alerts()), 240)
        assert session.metric("Epoch") == "3 of 3"
        assert not session.exceptions()
        with pytest.raises(LabError, match="within 0 s"):
            await session.watch(lambda page: False, 0.1)


@pytest.mark.skipif(not REAL_MNIST, reason="needs pen strokes beside the real MNIST")
def test_drawings_of_people_lie_on_the_canvas(pen_strokes: Path) -> None:
    found = drawings.load(pen_strokes, 20)
    assert len(found) == 20
    for drawing in found:
        for stroke in strokes_from_canvas(drawing):
            assert stroke.min() > 0
            assert stroke.max() < CANVAS_SIDE
