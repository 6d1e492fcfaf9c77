"""How far something long has got: whoever does it says so, and whoever waits for it may show it."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

Advance = Callable[[int], object]  # called with how many more are done, from any thread
Watch = Callable[
    [str, int], AbstractContextManager[Advance]
]  # called with what is done, and with how many (0: not known)


@contextlib.contextmanager
def unwatched(what: str, total: int) -> Iterator[Advance]:
    """Shows nothing."""
    yield lambda number: None
