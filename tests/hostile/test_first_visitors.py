"""A class opens its pages right after the start."""

import asyncio
import contextlib

from mnist_core.bench.app_client import open_session
from mnist_core.bench.app_process import AppProcess
from mnist_core.bench.load.aftermath import said


def test_pages_that_open_at_once_find_whole_modules(lab: AppProcess) -> None:
    """The first of them loaded their modules in threads of their own, and met each other's by half."""
    pages = ("", "explore", "train", "sweep", "evaluate", "draw", "models", "join", "class") * 2

    async def open_all() -> list[str]:
        async with contextlib.AsyncExitStack() as stack:
            sessions = [await stack.enter_async_context(open_session(lab.address)) for _ in pages]
            await asyncio.gather(*(session.visit(page) for session, page in zip(sessions, pages, strict=True)))
            return [words for session in sessions for words in said(session)]

    assert not [words for words in asyncio.run(open_all()) if "encountered an error" in words]
