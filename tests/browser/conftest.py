"""A real app in its own process and a real Chromium to visit it with."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from mnist_core.bench.app_process import free_port, wait_until
from mnist_core.language import gettext, speaking
from tests.browser import chromium
from tests.conftest import REAL_MNIST
from tests.support.outside.sitecustomize import is_here
from tests.support.paths import ROOT

# On a busy machine the first page of a fresh app takes longer than Playwright's five seconds.
expect.set_options(timeout=60_000)
# The lab's own answer on Draw, not what the browser says while the pen moves; its digit in large letters, its sentence.
LABS = ".answer:not(.live)"
# While another way of input is chosen, the old answer stands below the new one for a moment.
ANSWERED, SAID = f"{LABS} .answer-words .answer-digit >> nth=0", f"{LABS} .answer-words .answer-said"
# Whether all of an answer is on the page: its parts arrive one after the other.
SETTLED = "document.querySelector('.stApp').dataset.testScriptState == 'notRunning'"
# No name but this machine's leads anywhere.
NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", NOWHERE]
# All pages of the app in one process, which compiles Streamlit's scripts once: half the time that a page takes.
ONE_PROCESS = "--process-per-site"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gives a test that drives a browser a second chance; what failed at first is told in full at the end."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@dataclass
class App:
    """The app as a user starts it, with a home folder of its own."""

    home: Path
    port: int = 0
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        self.port = self.port or free_port()
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port)]
        environment = os.environ | {"MNIST_HOME": str(self.home)} | self.environment
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "app.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        wait_until(self.healthy, 120, "the app to answer")

    def healthy(self) -> bool:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=1) as answer,
        ):
            return bool(answer.read() == b"ok")
        return False

    def kill(self) -> None:
        """Ends the app as a crash would."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def engine(self) -> psutil.Process:
        """The engine's process."""
        return psutil.Process(json.loads((self.home / "engine.json").read_text())["pid"])

    def libraries(self) -> set[str]:
        """The names of the files that its process has loaded."""
        assert self.process
        return {Path(entry.path).name for entry in psutil.Process(self.process.pid).memory_maps()}

    def stop(self) -> None:
        """Ends the app and its engine."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        with contextlib.suppress(OSError, psutil.Error, KeyError, ValueError):
            engine = self.engine()
            engine.terminate()
            engine.wait(20)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    running = App(tmp_path_factory.mktemp("home"))
    if REAL_MNIST and Path(REAL_MNIST).exists():
        running.environment["MNIST_DATA"] = str(Path(REAL_MNIST).absolute())
    running.start()
    yield running
    running.stop()


@contextlib.contextmanager
def launched(*arguments: str) -> Iterator[Browser]:
    """Starts Chromium with these arguments; skips the test where there is none."""
    path = chromium.find()
    if not path:
        pytest.skip("needs Chrome or Chromium; name it in $CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(arguments))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for a module: while one is open, its event loop runs, which tests of other modules cannot bear."""
    with launched(*ARGUMENTS, ONE_PROCESS) as browser:
        yield browser


# Called for each thing that the browser does not load or run because of the headers.
NOTE = """addEventListener('securitypolicyviolation', event =>
    console.error(`forbidden: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
FORBIDDEN = ("forbidden:", "Security Policy", "Refused to", "Permissions-Policy", "X-Frame-Options")


@contextlib.contextmanager
def screen(browser: Browser, app: App, width: int, height: int, **options: Any) -> Iterator[BrowserContext]:
    """A browser of its own on a screen, for the pages of a module.

    None of them may ask another machine, or need what the lab's own headers forbid.
    """
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    context.set_default_timeout(60_000)
    context.add_init_script(NOTE)
    asked: list[str] = []
    said: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("console", lambda message: said.append(message.text))
    # As long as one page of the app is open, its process lasts.
    context.new_page().goto(f"{app.address}/_stcore/health")
    yield context
    context.close()
    outside = {url[:200] for url in asked if not is_here(urlsplit(url).hostname)}
    assert not outside, "a page asked another machine"
    forbidden = {text for text in said if any(words in text for words in FORBIDDEN)}
    assert not forbidden, "a page needs what the headers forbid"


def in_language(code: str, sentence: str) -> str:
    """What a page in a language says for a sentence of a catalogue."""
    with speaking(code):
        return gettext(sentence)


@pytest.fixture(scope="module")
def context(browser: Browser, app: App) -> Iterator[BrowserContext]:
    """The usual screen."""
    with screen(browser, app, 1280, 1000) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of a browser that knows nothing of the pages before."""
    context.clear_cookies()
    page = context.new_page()
    yield page
    page.close()
