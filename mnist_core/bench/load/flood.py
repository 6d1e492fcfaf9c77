"""A client floods the app while a class draws: what does the class feel, and how much memory does the app take?

`python -m mnist_core.bench.load.flood`: each flood has an app of its own and lasts twenty seconds; ten pupils draw a
digit every three seconds, before it and while it lasts. The flood is one process that gives way to all others, since it
stands for another machine on the network.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import subprocess
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from mnist_core import environment
from mnist_core.bench import drawings
from mnist_core.bench.app_client import AppClient, open_session, put_file, request_with
from mnist_core.bench.app_process import AppProcess, running_app
from mnist_core.bench.load import crowd
from mnist_core.bench.load.aftermath import Household, family
from mnist_core.bench.load.bars import exit_code, outcome
from mnist_core.errors import LabError

MOST_MEMORY = 700e6
MOST_ANSWER_SECONDS = 0.5
LOOK_SECONDS = 0.2
UPLOAD_BYTES = 20_000_000
HUGE_BYTES = 20_000_000
FOREIGN = "http://elsewhere.example"
AT_ONCE = 8
SESSIONS_AT_ONCE = 25
EPOCHS = "1000"
END_SECONDS = 10.0

Flood = Callable[[str, Counter[str]], Awaitable[None]]


@dataclass(frozen=True)
class Row:
    """What one flood did."""

    flood: str
    before: float  # p95 of the answers before it, in seconds
    during: float  # p95 while it lasted
    slowest: float
    answers: int  # while it lasted
    errors: int  # of the class, while it lasted
    idle: float  # MB of the app before it
    most: float  # MB at most, from its start to the end
    after: float  # MB some seconds later
    done: dict[str, int]  # what became of the flood's own requests


# --- The floods, each in a process of its own ----------------------------------------------------------------------


async def uploads(address: str, done: Counter[str]) -> None:
    """Files that no uploader has asked for."""
    async with open_session(address) as session:
        await session.visit("")
        content = os.urandom(UPLOAD_BYTES)

        async def send() -> None:
            while True:
                path = f"/_stcore/upload_file/{session.name}/{uuid.uuid4()}"
                await _counted(done, asyncio.to_thread(put_file, address, path, session.cookie, "a.npz", content))

        await asyncio.gather(*(send() for _ in range(2)), _alive(session))


async def _alive(session: AppClient) -> None:
    """Reads what the app sends, as a browser that stays on the page."""
    while True:
        await session.watch(lambda page: False, 3600)


async def origins(address: str, done: Counter[str]) -> None:
    """Websockets that say that they come from another site."""

    async def knock() -> None:
        async with connect(
            f"{address.replace('http', 'ws', 1)}/_stcore/stream",
            origin=FOREIGN,  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
            open_timeout=10,
        ):
            pass

    await _forever(done, knock, AT_ONCE)


async def hosts(address: str, done: Counter[str]) -> None:
    """The same with a `Host` that this machine does not have, as a site does that points its name at it."""
    parts = urlsplit(address)

    async def knock() -> None:
        async with connect(
            f"ws://elsewhere.example:{parts.port}/_stcore/stream",
            host=str(parts.hostname),
            port=parts.port,
            origin=f"{FOREIGN}:{parts.port}",  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
            open_timeout=10,
        ):
            pass

    await _forever(done, knock, AT_ONCE)


async def sessions(address: str, done: Counter[str]) -> None:
    """Browsers without end, all of which stay open."""
    async with contextlib.AsyncExitStack() as stack:

        async def come() -> None:
            session = await stack.enter_async_context(open_session(address))
            await session.visit("draw")

        await _forever(done, come, SESSIONS_AT_ONCE)


async def runs(address: str, done: Counter[str]) -> None:
    """Long runs, each asked for by somebody whom the app has never seen."""

    async def ask() -> None:
        async with open_session(address) as session:
            await session.visit("train", recipe="quick", data="digits-8x8", epochs=EPOCHS)
            await session.press("Start")
            if "run=" not in session.query:
                raise LabError(" ".join([*session.alerts(), *session.exceptions()]) or "There is no run.")

    await _forever(done, ask, 2)


async def kept(address: str, done: Counter[str]) -> None:
    """Drawings kept as fast as they can be drawn."""
    strokes = drawings.load()
    labels = itertools.count()

    async def keep() -> None:
        async with open_session(address) as session:
            await session.visit("draw")
            while True:
                label = next(labels) % 10
                await crowd.keep(session, _moved(strokes[label], next(labels)), label)
                done["taken"] += 1

    await _forever(done, keep, 2)


def _moved(drawing: drawings.Drawing, number: int) -> drawings.Drawing:
    """Another drawing of the same digit, so that it is kept once more."""
    text = json.dumps(drawing)
    other: drawings.Drawing = json.loads(text)
    for stroke in other["objects"]:
        stroke["path"][0][1] += (number % 97) / 10
    return other


async def messages(address: str, done: Counter[str]) -> None:
    """Messages nearly as large as the app takes, which ask for a page with a state of nothing."""
    content = request_with("draw", "x" * HUGE_BYTES)

    async def send() -> None:
        async with open_session(address) as session:
            while True:
                await session.connection.send(content)
                done["sent"] += 1
                with contextlib.suppress(TimeoutError):  # takes what comes, and does not wait for more
                    async with asyncio.timeout(0.5):
                        while True:
                            await session.connection.recv()

    await _forever(done, send, 4)


FLOODS: dict[str, Flood] = {
    "uploads": uploads,
    "origins": origins,
    "hosts": hosts,
    "sessions": sessions,
    "runs": runs,
    "drawings": kept,
    "messages": messages,
}


async def _forever(done: Counter[str], work: Callable[[], Awaitable[None]], at_once: int) -> None:
    async def again() -> None:
        while True:
            await _counted(done, work())

    await asyncio.gather(*(again() for _ in range(at_once)))


async def _counted(done: Counter[str], work: Awaitable[None]) -> None:
    try:
        await work
        done["taken"] += 1
    except (LabError, WebSocketException, OSError, TimeoutError, ValueError) as error:
        done[f"refused: {' '.join(str(error).split())[:120] or type(error).__name__}"] += 1
        await asyncio.sleep(0.02)  # who is refused at once does not spin


def _only_flood(name: str, address: str, seconds: float) -> int:
    """What the process of the flood does; it gives way to the app, since it stands for another machine."""
    os.nice(19)
    done: Counter[str] = Counter()

    async def limited() -> None:
        task = asyncio.ensure_future(FLOODS[name](address, done))
        await asyncio.wait([task], timeout=seconds)
        if task.done() and (error := task.exception()):
            done[f"ended: {error!r}"[:120]] += 1
        print(json.dumps(done), flush=True)
        os._exit(0)  # without a farewell to hundreds of sessions

    print("begun", flush=True)
    asyncio.run(limited())
    return 0


class _FloodProcess:
    """A flood in a process of its own."""

    def __init__(self, name: str, address: str, seconds: float) -> None:
        command = [sys.executable, "-m", "mnist_core.bench.load.flood", "--only", name, address, str(seconds)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment.for_python(), text=True
        )

    def wait_until_begun(self) -> None:
        if self._process.stdout:
            self._process.stdout.readline()

    def end(self) -> dict[str, int]:
        """What became of its requests; empty where it has to be ended."""
        try:
            text, _ = self._process.communicate(timeout=END_SECONDS)
            return dict(json.loads(text))
        except (subprocess.TimeoutExpired, ValueError):
            return {}
        finally:
            self._process.kill()
            self._process.wait()


# --- The class -----------------------------------------------------------------------------------------------------


class _Memory(threading.Thread):
    """Looks at the memory of the app and what it started, but not at the engine's."""

    def __init__(self, app: AppProcess) -> None:
        super().__init__(daemon=True)
        self._app, self._ended = app, threading.Event()
        self.most = 0.0

    def run(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self.most = max(self.most, app_memory(self._app))

    def end(self) -> float:
        self._ended.set()
        self.join()
        return self.most


def app_memory(app: AppProcess) -> float:
    """The bytes of the app and of the processes below it; the engine and its trainers have their own bound."""
    others = {process.pid for process in family(app.engine())}
    total = 0.0
    for process in family(psutil.Process(app.process.pid)):
        with contextlib.suppress(psutil.Error):
            if process.pid not in others and "engine" not in process.cmdline()[-1:]:
                total += process.memory_info().rss
    return total


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if options.only:
        name, address, seconds = options.only
        return _only_flood(name, address, float(seconds))

    def measure(home: Path) -> bool:
        print(_HEADER, flush=True)
        rows = []
        for name in options.floods:
            rows.append(_measure(home / name, name, options))
            print(_line(rows[-1]), flush=True)
        return _report(rows)

    return exit_code(measure)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m mnist_core.bench.load.flood",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("floods", nargs="*", metavar="FLOOD", help=f"which of {', '.join(FLOODS)} (all)")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each lasts (20)")
    parser.add_argument("--pupils", type=int, default=10, help="how many draw (10)")
    parser.add_argument("--every", type=float, default=3.0, help="seconds from a pupil's drawing to the next (3)")
    parser.add_argument("--only", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.floods if name not in FLOODS]:
        parser.error(f"there is no flood {', '.join(unknown)}; there are {', '.join(FLOODS)}")
    options.floods = options.floods or list(FLOODS)
    return options


def _measure(home: Path, name: str, options: argparse.Namespace) -> Row:
    household = Household(home)
    try:
        with running_app(home) as app:
            return asyncio.run(_flooded(app, name, options))
    finally:
        household.end()


async def _flooded(app: AppProcess, name: str, options: argparse.Namespace) -> Row:
    strokes = drawings.load()
    async with crowd.gathered(app.address, options.pupils) as pupils:
        await crowd.draw(pupils, strokes, options.every, options.every)  # warms up what is loaded once
        before = await crowd.draw(pupils, strokes, options.every, max(2 * options.every, options.seconds / 2))
        idle, memory = app_memory(app), _Memory(app)
        memory.start()
        flood = _FloodProcess(name, app.address, options.seconds + 1)
        try:
            await asyncio.to_thread(flood.wait_until_begun)
            during = await crowd.draw(pupils, strokes, options.every, options.seconds)
        finally:
            done = await asyncio.to_thread(flood.end)
        await asyncio.sleep(2)
        most = memory.end()
    percentiles = before.percentile(95), during.percentile(95), during.percentile(100)
    numbers = len(during.seconds), len(during.errors)
    return Row(name, *percentiles, *numbers, idle / 1e6, most / 1e6, app_memory(app) / 1e6, done)


_HEADER = "flood      p95 before  p95 during  slowest  answers  errors  idle MB  most MB  after MB  its requests"


def _line(row: Row) -> str:
    done = "; ".join(f"{number} {what}" for what, number in sorted(row.done.items())[:3])
    return (
        f"{row.flood:9}  {row.before:8.3f} s  {row.during:8.3f} s  {row.slowest:5.2f} s  {row.answers:7}  "
        f"{row.errors:6}  {row.idle:7.0f}  {row.most:7.0f}  {row.after:8.0f}  {done}"
    )


def _report(rows: list[Row]) -> bool:
    bars = {}
    for row in rows:
        bars[f"{row.flood}: memory {row.most:.0f} MB, at most {MOST_MEMORY / 1e6:.0f}"] = row.most * 1e6 <= MOST_MEMORY
        bars[f"{row.flood}: p95 {row.during:.3f} s, at most {MOST_ANSWER_SECONDS}"] = row.during <= MOST_ANSWER_SECONDS
        bars[f"{row.flood}: no error for the others"] = not row.errors and row.answers > 0
    return outcome("flood", bars, rows=[asdict(row) for row in rows])


if __name__ == "__main__":
    sys.exit(main())
