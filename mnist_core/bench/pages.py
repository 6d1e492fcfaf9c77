"""How soon the app answers: its start, a click on Start, a drawing; through sessions of an app of its own."""

import asyncio
import statistics
import time

from mnist_core.bench import drawings
from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.app_process import AppProcess, running_app, temporary_home
from mnist_core.bench.data import Sizes
from mnist_core.bench.rows import Row

WARM_SECONDS, COLD_SECONDS = 1.0, 6.0
POINT_SECONDS = 120.0
# A pupil's pace; without a pause one session's answers would wait for each other.
PAUSE_SECONDS = 0.3


def measure(sizes: Sizes) -> list[Row]:
    rounds = [_measure_once(sizes) for _ in range(min(sizes.rounds, 5))]
    start, cold, warm, answer = (statistics.median(values) for values in zip(*rounds, strict=True))
    return [
        Row("pages", "start of the app to its first page", start, "s"),
        Row("pages", "click on Start to the first point, engine cold", cold, "s", limit=COLD_SECONDS),
        Row("pages", "click on Start to the first point, engine warm", warm, "s", limit=WARM_SECONDS),
        Row("pages", "a drawing's way to its answer", answer, "s"),
    ]


def _measure_once(sizes: Sizes) -> tuple[float, float, float, float]:
    with temporary_home() as home:
        begun = time.perf_counter()
        with running_app(home) as app:
            return asyncio.run(_visit(app, begun, sizes))


async def _visit(app: AppProcess, begun: float, sizes: Sizes) -> tuple[float, float, float, float]:
    async with open_session(app.address) as session:
        await session.visit("")
        start = time.perf_counter() - begun
        await session.visit("draw")
        answers = [await _draw(session, drawing) for drawing in (drawings.load() * sizes.drawings)[: sizes.drawings]]
        await session.visit("train", recipe="quick", data=sizes.data)
        cold = await _click(session)
        await session.watch(lambda page: any("Done" in words for words in page.alerts()), POINT_SECONDS)
        warm = await _click(session)
        return start, cold, warm, statistics.median(answers)


async def _draw(session: AppClient, drawing: drawings.Drawing) -> float:
    await asyncio.sleep(PAUSE_SECONDS)
    return await session.draw(drawing)


async def _click(session: AppClient) -> float:
    """Presses Start; returns the seconds until the new run's curves have a point."""
    begun, before = time.perf_counter(), session.query
    await session.press("Start")
    await session.watch(lambda page: page.query != before and bool(page.charts()), POINT_SECONDS)
    return time.perf_counter() - begun
