"""A class of simulated pupils: sessions of the app that draw, one drawing each every few seconds."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
from websockets.exceptions import ConnectionClosed

from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.drawings import Drawing
from mnist_core.errors import LabError


@dataclass
class Answers:
    """What a class got for its drawings."""

    seconds: list[float] = field(default_factory=list)  # from each drawing to its answer
    errors: list[str] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """The seconds within which this percentage (0 to 100) of the answers came."""
        return float(np.percentile(self.seconds, share)) if self.seconds else float("nan")

    def add(self, others: "Answers") -> None:
        self.seconds += others.seconds
        self.errors += others.errors

    def note(self, session: AppClient, seconds: float) -> None:
        """Adds an answer, or what the page says instead of one."""
        if complaint := [*session.exceptions(), *session.alerts()] or not session.answer():
            self.errors.append(str(complaint))
        self.seconds.append(seconds)


async def keep(session: AppClient, drawing: Drawing, label: int) -> None:
    """Draws a digit on the Draw page and keeps it; raises LabError with the page's words where it is not kept."""
    await session.draw(drawing)
    await session.choose("It was a …", str(label))
    if not any(words.startswith("Kept as") for words in session.texts()):
        raise LabError(" ".join([*session.alerts(), *session.exceptions()]) or "The page does not say that it is kept.")


@asynccontextmanager
async def gathered(address: str, number: int) -> AsyncIterator[list[AppClient]]:
    """Opens sessions with cookies of their own, all on the Draw page."""
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(open_session(address)) for _ in range(number)]
        for session in sessions:
            await session.visit("draw")
        yield sessions


async def draw(sessions: list[AppClient], drawings: list[Drawing], every: float, seconds: float) -> Answers:
    """Lets each session on the Draw page send a drawing every few seconds, not all at the same moment."""
    answers, end = Answers(), time.perf_counter() + seconds

    async def pupil(number: int) -> None:
        due, session = time.perf_counter() + every * number / len(sessions), sessions[number]
        while due < end:
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            # Never the same twice in a row, which a page need not answer.
            drawing = drawings[(number + session.drawn) % len(drawings)]
            try:
                answers.note(session, await session.draw(drawing))
            except (LabError, ConnectionClosed, TimeoutError) as error:
                answers.errors.append(repr(error))
                return
            due += every

    await asyncio.gather(*(pupil(number) for number in range(len(sessions))))
    return answers
