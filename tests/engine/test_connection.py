"""The way to the engine, without one: who looks, who waits, and what is started how often."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterable

import pytest

from mnist_core.engine import connection
from mnist_core.engine.connection import ANSWER_SECONDS, MOST_LOG_BYTES, RESTART_SECONDS, EngineConnection
from mnist_core.engine.scheduler import Task
from mnist_core.errors import LabError

ADDRESS = "tcp://127.0.0.1:9"


class Lab:
    """A clock, a door and what knocks at it."""

    def __init__(self) -> None:
        self.now, self.address, self.looks, self.starts = 0.0, "", 0, 0
        self.engine = EngineConnection(self.look, self.start, clock=lambda: self.now)

    def look(self) -> str | None:
        self.looks += 1
        return self.address or None

    def start(self) -> None:
        self.starts += 1


def test_an_engine_that_answered_is_not_asked_again_for_a_second() -> None:
    lab = Lab()
    lab.address = ADDRESS
    assert [lab.engine.find() for _ in range(30)] == [ADDRESS] * 30
    lab.engine.start()
    assert (lab.looks, lab.starts) == (1, 0)
    lab.now, lab.address = ANSWER_SECONDS, ""
    assert lab.engine.find() is None and lab.looks == 2


def test_that_there_is_none_is_not_remembered() -> None:
    lab = Lab()
    assert lab.engine.find() is None
    lab.address = ADDRESS
    assert lab.engine.find() == ADDRESS


def test_an_engine_that_ends_at_once_is_started_every_ten_seconds() -> None:
    lab = Lab()
    for _ in range(3):
        lab.engine.start()
    assert lab.starts == 1
    lab.now = RESTART_SECONDS
    lab.engine.start()
    assert lab.starts == 2


def test_nobody_waits_behind_somebody_who_knocks_at_a_slow_door() -> None:
    knocks, opened = threading.Event(), threading.Event()

    def slow() -> str:
        knocks.set()
        assert opened.wait(60)
        return ADDRESS

    engine = EngineConnection(slow, start_process=lambda: None, clock=lambda: 0.0)
    first = threading.Thread(target=engine.start)
    first.start()
    assert knocks.wait(60)
    in_time = ended_within(engine.start, 5)
    opened.set()
    first.join(60)
    assert in_time
    assert engine.find() == ADDRESS


def test_an_engine_that_ends_as_it_is_handed_something_makes_way_for_another() -> None:
    """`kill -9` between the answer to "are you there?" and the hand-over."""
    alive, handed = ["tls://127.0.0.1:9", "tls://127.0.0.1:10"], list[tuple[str, str]]()

    def hand_over(address: str, tasks: Iterable[Task]) -> None:
        if address == "tls://127.0.0.1:9":
            alive.remove(address)
            raise LabError("The engine cannot be reached.")
        handed.extend((address, task.key) for task in tasks)

    engine = EngineConnection(lambda: alive[0], lambda: None, hand_over)
    engine.hand_over(task for task in [Task(print, "a run", "a run", 0.0)])
    assert handed == [("tls://127.0.0.1:10", "a run")]


def test_an_engine_that_takes_nothing_is_not_asked_twice() -> None:
    asked = []

    def hand_over(address: str, tasks: Iterable[Task]) -> None:
        asked.append(address)
        raise LabError("The engine cannot be reached.")

    engine = EngineConnection(lambda: ADDRESS, lambda: None, hand_over)
    with pytest.raises(LabError, match="cannot be reached"):
        engine.hand_over([Task(print, "a run", "a run", 0.0)])
    assert asked == [ADDRESS]


def ended_within(call: Callable[[], object], seconds: float) -> bool:
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()


def test_a_log_that_has_grown_is_cut_while_its_writers_go_on() -> None:
    path = connection.log()
    path.parent.mkdir()
    with path.open("ab", buffering=0) as writer:
        writer.write(b"old\n")
        connection.cut_log()
        assert path.read_bytes() == b"old\n"
        writer.write(b"x" * MOST_LOG_BYTES)
        connection.cut_log()
        writer.write(b"new\n")
        assert path.read_bytes() == b"new\n"
        assert (path.parent / "engine-before.log").stat().st_size == MOST_LOG_BYTES + 4


@pytest.mark.parametrize(("code", "sentence"), [(1, "The engine ended as it started"), (143, "did not start within")])
def test_an_engine_that_a_signal_ends_as_it_starts_is_waited_for_and_one_that_gives_up_is_not(
    monkeypatch: pytest.MonkeyPatch, code: int, sentence: str
) -> None:
    def start() -> "subprocess.Popen[bytes]":
        process = subprocess.Popen([sys.executable, "-S", "-c", f"raise SystemExit({code})"])
        process.wait(60)
        return process

    monkeypatch.setattr(connection, "START_SECONDS", 0.5)
    engine = EngineConnection(lambda: None, start)
    with pytest.raises(LabError, match=sentence):
        engine.ensure()
