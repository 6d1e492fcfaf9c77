"""A task for a process of its own that needs nothing but the time."""

import time


def linger(seconds: float) -> float:
    time.sleep(seconds)
    return seconds
