"""The pages as the tests of pages have them, and a started app that tells of each connection to the outside."""

import contextlib
import http.client
import resource
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from mnist_core.bench.app_process import AppProcess
from tests.pages.conftest import engine, open_page

__all__ = ["engine", "open_page"]

FEW_OPEN_FILES = 256


@dataclass
class Outside:
    """Takes the place of the world: whatever asks for an address out there comes here, and waits for ever."""

    listener: socket.socket
    asked: list[socket.socket] = field(default_factory=list)

    @classmethod
    def open(cls) -> "Outside":
        outside = cls(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=outside._listen, daemon=True).start()
        return outside

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def _listen(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                self.asked.append(self.listener.accept()[0])

    def close(self) -> None:
        for connection in (self.listener, *self.asked):
            connection.close()


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    world = Outside.open()
    yield world
    world.close()


@pytest.fixture(scope="module")
def lab(outside: Outside, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    """The app as `streamlit run app.py` starts it, for which the world is `outside`."""
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), outside.address)
    known = {
        "MNIST_HOSTS": "lab.school.example,*.proxy.example,192.168.0.0/16",
        "no_proxy": "127.0.0.1,localhost",
        "FORWARDED_ALLOW_IPS": "",
    }
    with few_open_files():
        app = AppProcess.start(tmp_path_factory.mktemp("home"), variables=proxies | known)
    yield app
    app.end()


@contextlib.contextmanager
def few_open_files() -> Iterator[None]:
    """Gives what is started the limit of a system that allows few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW_OPEN_FILES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def ask(lab: AppProcess, path: str = "/_stcore/health", method: str = "GET", **headers: str) -> tuple[int, str]:
    """Sends a request with these headers and returns the status and the text of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=10)
    with contextlib.closing(connection):
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
