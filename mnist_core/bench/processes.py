"""A process of its own for each contender: threads and determinism are global in TensorFlow."""

import contextlib
import importlib
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

import psutil

from mnist_core.errors import LabError

Measure = Callable[[], float]
# Module and function in this package, and its arguments.
Named = tuple[str, tuple[object, ...]]


class Contender:
    """What is measured, in its own process, over and over; to be closed."""

    def __init__(self, name: str, *arguments: object) -> None:
        """The process prepares at once; that is not measured.

        `name` is a module and function in this package, such as `contenders.lab_loop`: a name because the module may
        need TensorFlow, which only the new process loads. What the function returns for the arguments is measured.
        """
        self._pool = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))
        self._preparation = self._pool.submit(_prepare, name, arguments)

    def wait(self) -> None:
        """Until the process is prepared; raises what went wrong there."""
        self._preparation.result()

    def measure(self) -> float:
        return self._pool.submit(_measure).result()

    def peak_memory(self) -> float:
        """The most bytes that the process has held in memory so far."""
        return self._pool.submit(_peak_memory).result()

    def close(self) -> None:
        self._pool.shutdown()


_prepared: list[Measure] = []


def _prepare(name: str, arguments: tuple[object, ...]) -> None:
    # TensorFlow's notes come past Python; what goes wrong comes back as an exception.
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 2)
    module, function = name.split(".")
    prepare: Callable[..., Measure] = getattr(importlib.import_module(f"mnist_core.bench.{module}"), function)
    _prepared.append(prepare(*arguments))


def _measure() -> float:
    return _prepared[0]()


def _peak_memory() -> float:
    if sys.platform == "win32":
        return float(psutil.Process().memory_info().peak_wset)
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0)


def medians(contenders: Sequence[Contender], rounds: int) -> list[float]:
    """Measures contenders in turn, several times, so that what else the machine does meets all of them alike."""
    found = [[contender.measure() for contender in contenders] for _ in range(rounds)]
    return [statistics.median(values) for values in zip(*found, strict=True)]


@contextlib.contextmanager
def side_by_side(*named: Named) -> Iterator[list[Contender]]:
    """Starts contenders, and ends them after the block; LabError where one was ended from outside."""
    with contextlib.ExitStack() as stack:
        contenders = [Contender(name, *arguments) for name, arguments in named]
        for contender in contenders:
            stack.callback(contender.close)
        try:
            for contender in contenders:
                contender.wait()
            yield contenders
        except BrokenProcessPool:
            raise LabError(
                "A measuring process was ended from outside, probably because memory ran out; end other programs and "
                "measure again."
            ) from None


def seconds_of(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
