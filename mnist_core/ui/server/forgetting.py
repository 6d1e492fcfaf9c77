"""What the lab deletes by itself when its time has come: lessons that are old, or that were wiped a day ago."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mnist_core.database import place
from mnist_core.errors import LabError
from mnist_core.ui import late

logger = logging.getLogger(__name__)

EVERY = 3600.0  # seconds
FIRST = 20.0  # after the first pages, which need the processor for themselves


def forget_old_lessons() -> None:
    """Removes for good the lessons that are too old, or were wiped a day ago; makes no database for it."""
    if not place.is_there():
        return
    with late.LOADING:
        from mnist_core.classroom.lessons import Lessons
    try:
        lessons = Lessons()
        if lessons.database.is_there:
            lessons.wipe_old()
    except LabError:
        logger.info("Old lessons cannot be looked for now", exc_info=True)


@asynccontextmanager
async def again_and_again() -> AsyncIterator[None]:
    """Forgets soon, and then every hour as long as the block lasts."""

    async def repeat() -> None:
        await asyncio.sleep(FIRST)
        while True:
            await asyncio.to_thread(forget_old_lessons)
            await asyncio.sleep(EVERY)

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
