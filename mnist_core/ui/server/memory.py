"""What the process of the pages keeps of memory that nothing in it needs any more.

Each run of a page is a thread, and the GNU C library makes up to eight pools a core, each of which keeps what becomes
free in it. With another C library nothing is done.
"""

import asyncio
import ctypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

# The number of a setting in the GNU C library's malloc.h.
M_ARENA_MAX, MOST_POOLS = -8, 2
GIVEN_BACK_EVERY = 30.0  # seconds
NOT_THERE = (AttributeError, OSError, TypeError)  # another C library has no such function


def share_pools() -> None:
    """Has all threads take their memory from two pools, as only one of them computes at a time."""
    with suppress(*NOT_THERE):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, MOST_POOLS)


def give_back() -> None:
    """Gives to the system what is free; some milliseconds for the pages' process."""
    with suppress(*NOT_THERE):
        ctypes.CDLL(None).malloc_trim(0)


@asynccontextmanager
async def given_back() -> AsyncIterator[None]:
    """Gives back again and again as long as the block lasts."""

    async def repeat() -> None:
        while True:
            await asyncio.sleep(GIVEN_BACK_EVERY)
            await asyncio.to_thread(give_back)

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
