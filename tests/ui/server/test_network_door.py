"""A browser gets a model by its address, keeps it, and gets none of another version."""

import asyncio
import gzip
from typing import NamedTuple

import pytest
from starlette.types import Message, Receive, Scope, Send

from mnist_core.errors import LabError
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.sharing.browser import packed_model
from mnist_core.ui.server import network_door
from mnist_core.ui.server.network_door import NetworkDoor

PACKED = b"\x02\x00\x00\x00{}" + bytes(1000)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(packed_model, "packed", lambda run, half: PACKED)
    monkeypatch.setattr(packed_model, "may_be_half", lambda run: True)
    network_door._packed.cache_clear()
    return run_folders.find(run_folders.SHIPPED_MODEL)


async def passed(scope: Scope, receive: Receive, send: Send) -> None:
    raise LookupError(scope["path"])


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    content: bytes


def get(path: str, accepted: str = "gzip, br") -> Answer:
    """What a browser gets that asks for a path."""
    heard: list[Message] = []

    async def send(message: Message) -> None:
        heard.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"accept-encoding", accepted.encode())]}
    asyncio.run(NetworkDoor(passed)(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in heard[0]["headers"]}
    return Answer(heard[0]["status"], headers, b"".join(message.get("body", b"") for message in heard[1:]))


def test_a_model_comes_once_and_short(run: Run) -> None:
    answer = get(f"/{network_door.address(run)}")
    assert gzip.decompress(answer.content) == PACKED and answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]


def test_behind_a_path_and_without_gzip_too(run: Run) -> None:
    answer = get(f"/lab/{network_door.address(run)}", accepted="identity")
    assert answer.content == PACKED and "content-encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/network/nobody/0123456789abcdef", "/network/best/0123456789abcdef"])
def test_what_is_not_there_or_another_by_now_is_said(path: str, run: Run) -> None:
    answer = get(path)
    assert answer.status == 404 and answer.content == b"This model is not there; open the page again.\n"


@pytest.mark.parametrize(
    "path",
    ["/network/best", "/network/best/0123", "/network/a/b/0123456789abcdef0", "/network//0123456789abcdef", "/draw"],
)
def test_all_else_passes(path: str) -> None:
    with pytest.raises(LookupError):
        get(path)


def test_another_model_has_another_address(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = network_door.address(run)
    monkeypatch.setattr(packed_model, "FORMAT", packed_model.FORMAT + 1)
    assert network_door.address(run) != before


def test_a_damaged_model_is_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(run: Run, half: bool) -> bytes:
        raise LabError("damaged")

    monkeypatch.setattr(packed_model, "packed", damaged)
    assert get(f"/{network_door.address(run)}").status == 404
