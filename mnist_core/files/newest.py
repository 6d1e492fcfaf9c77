"""What was made of something that changes often, kept until it changes: only as it is now."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Newest(Generic[Value]):
    """The newest value of each of many keys; `functools.lru_cache` would keep those of before, too.

    `most` is for how many keys; those that nobody asked for longest go first. Threads may share it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[Hashable, Value]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, version: Hashable, make: Callable[[], Value]) -> Value:
        """Returns what `make` returned at this version of `key`; where it raises, nothing is kept."""
        with self._lock:
            if key in self._kept and self._kept[key][0] == version:
                self._kept.move_to_end(key)
                return self._kept[key][1]
        value = make()
        with self._lock:
            self._kept[key] = version, value
            self._kept.move_to_end(key)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value
