"""What each answer tells the browser; a message that is too long, and connections that say nothing."""

import contextlib
import http.client
import socket

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from mnist_core.bench.app_process import AppProcess
from tests.hostile.conftest import FEW_OPEN_FILES


def headers(lab: AppProcess, path: str, **sent: str) -> tuple[int, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=sent)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("/", {}, 200),
        ("/draw", {}, 200),
        ("/_stcore/health", {}, 200),
        ("/media/none.png", {}, 404),
        ("/_stcore/health", {"Origin": "http://evil.example"}, 403),
        ("/", {"Host": "evil.example"}, 400),
    ],
)
def test_every_answer_has_the_headers(lab: AppProcess, path: str, sent: dict[str, str], status: int) -> None:
    found, told = headers(lab, path, **sent)
    assert found == status
    assert told["x-content-type-options"] == "nosniff"
    assert told["x-frame-options"] == "SAMEORIGIN"
    assert told["referrer-policy"] == "same-origin"
    rules = dict(rule.strip().split(" ", 1) for rule in told["content-security-policy"].split(";"))
    assert rules["frame-ancestors"] == rules["default-src"] == rules["base-uri"] == "'self'"
    assert rules["object-src"] == "'none'"
    assert "'unsafe-inline'" not in rules["script-src"]
    outside = [word for rule in rules.values() for word in rule.split() if "//" in word and "127.0.0.1" not in word]
    assert outside == []


def test_a_message_that_no_page_sends_ends_its_connection(lab: AppProcess) -> None:
    with (
        connect(f"ws://127.0.0.1:{lab.port}/_stcore/stream", subprotocols=["streamlit"], proxy=None) as way,  # type: ignore[list-item]
        pytest.raises(ConnectionClosed) as closed,
    ):
        way.send(bytes(3_000_000))
        while True:
            way.recv(timeout=10)
    assert closed.value.rcvd and closed.value.rcvd.code == 1009


def test_many_silent_connections_keep_nobody_out(lab: AppProcess) -> None:
    with contextlib.ExitStack() as silent:
        for _ in range(FEW_OPEN_FILES + 50):
            silent.enter_context(socket.create_connection(("127.0.0.1", lab.port), timeout=10))
        assert headers(lab, "/_stcore/health")[0] == 200
