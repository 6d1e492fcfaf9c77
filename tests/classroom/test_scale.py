"""Two app processes behind nginx, one PostgreSQL, a scheduler and two workers: a class on both is one class."""

import asyncio
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.bench import drawings
from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.app_process import free_port
from mnist_core.classroom import passes, write
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.lessons import Lessons
from mnist_core.classroom.passes import BROWSER_COOKIE, TEACHER_COOKIE
from mnist_core.classroom.write import Task
from mnist_core.runs import run_folders
from tests.support.paths import ROOT
from tests.support.postgresql import Server, server

pytestmark = pytest.mark.long
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")


@dataclass
class School:
    address: str
    apps: list[int]
    database: Server


@pytest.fixture
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[School]:
    if not NGINX:
        pytest.skip("needs nginx (Debian: apt install nginx-light)")
    with server() as database:
        home, port = tmp_path / "home", free_port()
        monkeypatch.setenv("MNIST_HOME", str(home))
        monkeypatch.setenv("MNIST_DATABASE", database.url)
        command = [sys.executable, "-m", "scripts.scale", "--home", str(home), "--database", database.url]
        command += ["--port", str(port), "--logs", str(tmp_path / "logs")]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout
            said = process.stdout.readline()
            assert "its processes:" in said, said
            yield School(f"http://127.0.0.1:{port}", [int(one) for one in said.split(":")[-1].split()], database)
        finally:
            children = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
            _, alive = psutil.wait_procs(children, 20)
            assert not alive, "it ends all that it started"


async def shows(session: AppClient, words: str) -> bool:
    """Whether the page, opened anew, says this."""
    await session.visit("class")
    return any(words in text for text in session.texts())


async def lead(school: School) -> None:
    activities = Activities(Lessons())
    strokes = drawings.load(number=20)
    with requests.get(
        f"{school.address}/?token={passes.token()}", headers={"Accept": "text/html"}, allow_redirects=False, timeout=20
    ) as answer:
        teacher = str(answer.cookies.get(TEACHER_COOKIE))
    lesson = activities.lessons.begin("8b", by=COMMAND_LINE)
    async with AsyncExitStack() as stack:
        cookies = [{BROWSER_COOKIE: passes.browser_pass()} for _ in range(8)]
        pupils = [await stack.enter_async_context(open_session(school.address, {}, one)) for one in cookies]
        for pupil in pupils:
            await pupil.visit("join", code=lesson.code)
            await pupil.press("Join")
            assert not pupil.alerts() and not pupil.exceptions()
        task = activities.start(lesson.id, write.KIND, Task((7,)).settings, by=COMMAND_LINE)
        for number, pupil in enumerate(pupils):
            await pupil.visit("join")
            await pupil.send_drawing(strokes[number])
            await pupil.press("Hand in")
        assert len(write.written(activities, task.id, by=COMMAND_LINE)) == 8
        connected = {pid: len(psutil.Process(pid).net_connections("tcp")) for pid in school.apps}
        assert all(number > 2 for number in connected.values()), f"the class is on both: {connected}"
        for _ in range(2):  # whichever process the teacher's browser comes to
            browser = {TEACHER_COOKIE: teacher, BROWSER_COOKIE: passes.browser_pass()}
            session = await stack.enter_async_context(open_session(school.address, {}, browser))
            assert await shows(session, "8 drawings by 8 people")
        await _train(session)
        school.database.kill()
        await session.visit("class")
        assert "cannot be used; check that it runs" in " ".join(session.alerts() + session.exceptions())
        school.database.start()
        assert await shows(session, "8 drawings by 8 people")


async def _train(session: AppClient) -> None:
    """A run from one of the pages is trained by a Dask worker."""
    await session.visit("train", recipe="quick", data="digits-8x8", epochs="1")
    await session.press("Start")
    (run,) = run_folders.all_runs()
    for _ in range(600):
        if run.stored_status().finished:
            break
        await asyncio.sleep(0.2)
    assert run.stored_status().state == "done", run.stored_status()


def test_a_class_on_two_processes_is_one_class(school: School) -> None:
    asyncio.run(lead(school))
