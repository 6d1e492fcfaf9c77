import asyncio
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_core.ui.server import memory
from tests.support.paths import ROOT

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the pools are those of the GNU C library")

POOLS = """
import ctypes, sys, threading
from mnist_core.ui.server import memory
if sys.argv[1] == "shared":
    memory.share_pools()
gate = threading.Barrier(8)
def take():
    gate.wait()
    taken = [bytearray(50_000) for _ in range(100)]
    gate.wait()
threads = [threading.Thread(target=take) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
library = ctypes.CDLL(None)
library.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(library.fopen(sys.argv[2].encode(), b"w"))
library.malloc_info(0, file)
library.fclose(file)
"""


def test_threads_share_two_pools_of_memory(tmp_path: Path) -> None:
    pools = {}
    for how in ("shared", "each"):
        told = tmp_path / how
        subprocess.run([sys.executable, "-c", POOLS, how, str(told)], cwd=ROOT, check=True, timeout=120)
        pools[how] = told.read_text().count("<heap nr=")
    assert pools["shared"] <= 2 < pools["each"]


HOLES = """
import psutil
from mnist_core.ui.server import memory
taken = [bytearray(50_000) for _ in range(2_000)]
last = bytearray(50_000)  # behind them: the C library gives back by itself what is free at the end
taken.clear()
before = psutil.Process().memory_info().rss
memory.give_back()
print(before - psutil.Process().memory_info().rss)
"""


def test_what_is_free_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", HOLES], cwd=ROOT, check=True, capture_output=True, timeout=120)
    assert int(done.stdout) > 50_000_000


def test_it_is_given_back_as_long_as_the_server_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[bool] = []
    monkeypatch.setattr(memory, "GIVEN_BACK_EVERY", 0.01)
    monkeypatch.setattr(memory, "give_back", lambda: given.append(True))

    async def live() -> int:
        async with memory.given_back():
            while len(given) < 2:
                await asyncio.sleep(0.01)
        number = len(given)
        await asyncio.sleep(0.1)
        return len(given) - number

    assert asyncio.run(live()) <= 1
