import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit import config

from mnist_core.classroom import devices
from mnist_core.ui.server import doors
from mnist_core.ui.server.doors import Caller, Doors


def scope(client: str, kind: str = "http", **headers: str) -> dict[str, Any]:
    pairs = {"host": "localhost:8501"} | {name.replace("_", "-"): value for name, value in headers.items()}
    encoded = [(name.encode(), value.encode()) for name, value in pairs.items()]
    scheme = "http" if kind == "http" else "ws"
    return {"type": kind, "scheme": scheme, "path": "/", "headers": encoded, "client": (client, 5000)}


def address(found: dict[str, Any]) -> str:
    caller = Caller(found)
    caller.forget_proxy()
    return caller.address()


def test_streamlits_own_settings_add_names(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {
        "browser.serverAddress": "lab.example",
        "browser.serverPort": 443,
        "server.port": 8501,
        "server.corsAllowedOrigins": ["https://other.example"],
    }
    monkeypatch.setattr(config, "get_option", settings.__getitem__)
    assert Caller(scope("203.0.113.7", host="lab.example")).is_host_known
    for origin, known in {
        "https://lab.example": True,
        "https://other.example": True,
        "https://lab.example:9000": False,
        "http://other.example": False,
    }.items():
        assert Caller(scope("203.0.113.7", origin=origin)).is_origin_known is known, origin


def test_who_sends_from_this_machine_cannot_say_to_be_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself, uvicorn believes whatever comes from 127.0.0.1, and writes it into the scope."""
    monkeypatch.delenv(doors.PROXIES, raising=False)
    believed = scope("203.0.113.7", x_forwarded_for="198.51.100.1, 203.0.113.7")
    assert address(dict(believed)) == "127.0.0.1"
    monkeypatch.setenv(doors.PROXIES, "127.0.0.1")
    assert address(dict(believed)) == "203.0.113.7"


def test_the_address_of_others_stays_whatever_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(doors.PROXIES, raising=False)
    assert address(scope("203.0.113.7", x_forwarded_for="127.0.0.1")) == "203.0.113.7"
    assert address(scope("203.0.113.7")) == "203.0.113.7"


async def hears_once(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that ends its connection after one message."""
    await receive()


async def asked(door: Doors, client: str, kind: str = "websocket", *, breaks: bool = False) -> list[Message]:
    """Returns what a client hears."""
    heard: list[Message] = []

    async def send(message: Message) -> None:
        heard.append(message)

    async def receive() -> Message:
        if breaks:
            raise ConnectionError
        return {"type": "websocket.disconnect"}

    await door(scope(client, kind), receive, send)
    return heard


@pytest.mark.parametrize("of_one", [True, False])
def test_connections_are_counted_by_address_and_in_all(of_one: bool) -> None:
    door = Doors(hears_once)
    if of_one:
        door.open["203.0.113.7"] = doors.MOST_OF_ONE_ADDRESS
    else:
        door.open.update({f"203.0.113.{number}": 10 for number in range(1, 51)})
    assert asyncio.run(asked(door, "203.0.113.7")) == [{"type": "websocket.close", "code": 1008, "reason": ""}]
    assert (asyncio.run(asked(door, "198.51.100.7")) == []) is of_one
    assert asyncio.run(asked(door, "203.0.113.7", "http")) == [], "what is open goes on"


def test_there_is_a_door_for_each_device_that_a_lesson_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_processors", lambda: 64)
    teachers = 4  # the page and the board, each of which hears of the lesson
    for people in ("", "30", "120", "200", "400"):
        monkeypatch.setenv("MNIST_CLASS_SIZE", people)
        assert 2 * devices.most() + teachers <= doors.most_of_one_address()
    monkeypatch.setenv("MNIST_CLASS_SIZE", "many")
    status, sentence = Doors(hears_once).refusal(doors.Caller(scope("203.0.113.7"))) or (0, "")
    assert status == 500 and "$MNIST_CLASS_SIZE is 'many'" in sentence


def test_a_machine_with_many_ipv6_addresses_is_one_client() -> None:
    door = Doors(hears_once)
    door.open["2001:db8::/64"] = doors.MOST_OF_ONE_ADDRESS
    assert asyncio.run(asked(door, "2001:db8::2")), "one of the 2^64 addresses of one machine"
    assert not asyncio.run(asked(door, "2001:db8:0:1::2"))


def test_what_all_connections_say_at_once_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "MOST_SAID", 100)
    heard: list[Message] = []

    async def hears(scope: Scope, receive: Receive, send: Send) -> None:
        heard.extend([await receive() for _ in range(3)])

    async def says(*lengths: int) -> list[Message]:
        messages = iter([{"type": "websocket.receive", "bytes": bytes(length)} for length in lengths])
        told: list[Message] = []

        async def receive() -> Message:
            return next(messages)

        async def send(message: Message) -> None:
            told.append(message)

        await door(scope("203.0.113.7", "websocket"), receive, send)
        return told

    door = Doors(hears)
    assert asyncio.run(says(60, 99, 50)) == [], "only the longest message of a connection counts"
    assert asyncio.run(says(60, 50, 101)) == [{"type": "websocket.close", "code": 1013, "reason": ""}]
    assert heard[-1]["type"] == "websocket.disconnect"
    assert door.said == 0


def test_a_connection_counts_as_long_as_it_is_open() -> None:
    counted = []

    async def counts(scope: Scope, receive: Receive, send: Send) -> None:
        counted.append(dict(door.open))
        await receive()

    door = Doors(counts)
    asyncio.run(asked(door, "203.0.113.7"))
    with pytest.raises(ConnectionError):
        asyncio.run(asked(door, "203.0.113.7", breaks=True))
    assert counted == [{"203.0.113.7": 1}] * 2
    assert not door.open


def test_who_may_not_come_in_is_told_in_the_browsers_language() -> None:
    heard: list[Message] = []

    async def send(message: Message) -> None:
        heard.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    for wanted, begins in (("de-CH,de;q=0.9,en;q=0.8", "Unter diesem Namen"), ("xx", "This lab"), ("", "This lab")):
        heard.clear()
        caller = scope("203.0.113.7", host="stranger.example", accept_language=wanted)
        asyncio.run(Doors(hears_once)(caller, receive, send))
        assert heard[0]["status"] == 400 and heard[1]["body"].decode().startswith(begins)
