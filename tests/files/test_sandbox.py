"""The process for files from outside, with tasks that misbehave in each way that a hostile file can cause."""

import ctypes
import errno
import logging
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from mnist_core.errors import InputError, LabError
from mnist_core.files import atomic, sandbox
from tests.conftest import wait_for
from tests.support.disks import read_only
from tests.support.lingering import linger
from tests.support.paths import ROOT

MEGABYTE = 1_000_000


def add(one: int, other: int) -> dict[str, int]:
    print("what a library prints is no result")
    return {"sum": one + other}


def refuse() -> None:
    try:
        np.frombuffer(b"1", np.int64)
    except ValueError as error:
        raise InputError("The file is a picture; give a model.") from error


def fail() -> None:
    print("A library says why.", file=sys.stderr)
    raise LabError("The disk is full.")


def stumble() -> None:
    print("\x1b[31ma bug of ours")
    raise IndexError("one too far")


def loop() -> None:
    while True:
        pass


def devour(limited: bool) -> None:
    if limited:
        sandbox.limit(300 * MEGABYTE)
    kept = []
    for _ in range(100):
        kept.append(np.ones(50 * MEGABYTE // 8))
        time.sleep(0.05)


def crash() -> None:
    ctypes.string_at(0)


def write_much(path: str) -> None:
    sandbox.limit(300 * MEGABYTE)
    with Path(path).open("wb") as file:
        file.truncate(sandbox.LARGEST_FILE + 1)


def write(path: str) -> None:
    atomic.write_bytes(Path(path), b"result")


def test_a_task_returns_its_result() -> None:
    assert sandbox.run(add, {"one": 2, "other": 3}, "sum.txt") == {"sum": 5}


def test_what_a_task_says_is_said_here() -> None:
    with pytest.raises(InputError, match=r"The file is a picture; give a model."):
        sandbox.run(refuse, {}, "model.keras")
    with pytest.raises(LabError, match=r"The disk is full.") as failure:
        sandbox.run(fail, {}, "model.keras")
    assert not isinstance(failure.value, InputError)


def test_a_bug_of_the_task_is_told_as_before_and_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(InputError, match=r"^model.keras breaks the program that reads it; it is damaged, get or save"):
        sandbox.run(stumble, {}, "model.keras")
    (record,) = caplog.records
    assert record.name == "mnist_core.files.sandbox" and record.levelno == logging.ERROR
    said = record.getMessage()
    assert said.startswith("tests.files.test_sandbox:stumble over model.keras: nothing") and "exit code 1\n" in said
    assert "?[31ma bug of ours" in said and "Traceback" in said and said.endswith("IndexError: one too far\n")


def test_a_failure_is_logged_with_what_was_written_beside_it(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(LabError):
        sandbox.run(fail, {}, "model.keras")
    said = caplog.records[0].getMessage()
    assert "A library says why." in said and "Traceback" in said and "LabError: The disk is full." in said


def test_a_crash_of_a_library_is_logged_with_where_it_was(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(InputError):
        sandbox.run(crash, {}, "crash.keras")
    assert "in crash" in caplog.text


def test_why_a_task_refuses_is_for_those_who_ask_for_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="mnist_core")
    with pytest.raises(InputError):
        sandbox.run(refuse, {}, "model.keras")
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    assert "\nValueError: buffer size" in record.getMessage() and "The file is a picture" in record.getMessage()


def test_what_a_task_refuses_or_returns_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    sandbox.run(add, {"one": 2, "other": 3}, "sum.txt")
    with pytest.raises(InputError):
        sandbox.run(refuse, {}, "model.keras")
    assert not caplog.records


def test_a_task_that_never_ends_is_ended() -> None:
    started = time.monotonic()
    with pytest.raises(InputError, match=r"^loop.keras takes too long to read; use a smaller or undamaged file.$"):
        sandbox.run(loop, {}, "loop.keras", seconds=1.5)
    assert time.monotonic() - started < 4
    assert not [
        child for child in psutil.Process().children() if "mnist_core.files.sandbox" in " ".join(child.cmdline())
    ]


@pytest.mark.parametrize("limited", [True, False], ids=["by the system", "by the watching parent"])
def test_a_task_that_devours_memory_is_ended(limited: bool) -> None:
    if limited and os.name == "nt":
        pytest.skip("Windows has no such limit; the parent watches")
    with pytest.raises(InputError, match=r"^bomb.keras needs too much memory to read"):
        sandbox.run(devour, {"limited": limited}, "bomb.keras", memory=400 * MEGABYTE)


def test_a_task_that_crashes_breaks_nothing_but_itself() -> None:
    with pytest.raises(InputError, match=r"^crash.keras breaks the program that reads it"):
        sandbox.run(crash, {}, "crash.keras")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of a file")
def test_a_task_cannot_fill_the_disk(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^large.keras breaks the program"):
        sandbox.run(write_much, {"path": str(tmp_path / "large")}, "large.keras")
    assert (tmp_path / "large").stat().st_size == 0


def test_a_disk_that_is_read_only_does_not_make_the_file_a_damaged_one(tmp_path: Path) -> None:
    with read_only(tmp_path), pytest.raises(OSError, match="Read-only file system") as failure:
        sandbox.run(write, {"path": str(tmp_path / "model.onnx")}, "The model")
    assert failure.value.errno == errno.EROFS


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such alarm")
def test_a_task_ends_although_who_started_it_was_killed() -> None:
    program = "from mnist_core.files import sandbox; from tests.files.test_sandbox import loop; "
    with subprocess.Popen(
        [sys.executable, "-c", f"{program}sandbox.run(loop, {{}}, 'x', seconds=2)"], cwd=ROOT
    ) as starter:
        family = psutil.Process(starter.pid)
        wait_for(family.children, "the task to start", 30)
        (task,) = family.children()
        starter.kill()
    wait_for(lambda: not task.is_running() or task.status() == psutil.STATUS_ZOMBIE, "the task to end", 15)


def test_however_many_ask_at_once_few_processes_are_started() -> None:
    """Each takes 160 MB before it reads anything."""
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(sandbox.run, linger, {"seconds": 0.2}, "The file a") for _ in range(8)]
        most = 0
        while not all(one.done() for one in asked):
            most = max(most, len(psutil.Process().children()))
            time.sleep(0.01)
    assert [one.result() for one in asked] == [0.2] * 8, "each has its turn"
    assert 1 < most <= sandbox.MOST_AT_ONCE == 3
