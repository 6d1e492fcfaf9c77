"""Messages of Streamlit's own protocol by which one visitor's page would stop, slow down or look into everybody's."""

import asyncio
import contextlib
import time
import urllib.request
from collections.abc import Callable

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed

from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.app_process import AppProcess
from mnist_core.files import sandbox
from mnist_core.ui.server.message_door import LIMITS, Asked, is_wanted


def message(**fields: bool) -> BackMsg:
    return BackMsg(**fields)  # type: ignore[arg-type]


def asking_for_places(names: int) -> BackMsg:
    found = BackMsg()
    found.file_urls_request.request_id = "1"
    found.file_urls_request.file_names.extend(["a"] * names)
    return found


def read_anew(address: str) -> int:
    """How often the app has read something for its pages because it was not in memory."""
    with urllib.request.urlopen(f"{address}/_stcore/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    missed = [line for line in lines if "ui.loaders._dataset" in line and 'result="miss"' in line]
    return int(sum(float(line.rpartition(" ")[2]) for line in missed))


async def said_by(lab: AppProcess, say: Callable[[AppClient], BackMsg]) -> None:
    async with open_session(lab.address) as stranger:
        await stranger.visit("models")
        await stranger.connection.send(say(stranger).SerializeToString())
        await stranger.visit("models")  # whatever came before is done by now


def test_nobody_makes_the_app_forget_what_it_read_for_all(lab: AppProcess) -> None:
    async def visits() -> tuple[int, int]:
        async with open_session(lab.address) as somebody:
            await somebody.visit("explore", data="mnist")  # which the app reads ahead, a while after its first page
            await somebody.visit("explore", data="digits-8x8")
            before = read_anew(lab.address)
            await said_by(lab, lambda stranger: message(clear_cache=True))
            await somebody.visit("explore", data="digits-8x8")
            return before, read_anew(lab.address)

    before, after = asyncio.run(visits())
    assert before > 0, "the app says what it reads"
    assert after == before, "one visitor's message emptied the memory of everybody's pages"


def test_nobody_stops_the_app_by_asking_for_places_for_files(lab: AppProcess) -> None:
    async def longest_wait() -> float:
        async with open_session(lab.address) as stranger:
            await stranger.visit("models")
            await stranger.connection.send(asking_for_places(400_000).SerializeToString())
            begun = time.perf_counter()
            await asyncio.to_thread(read_anew, lab.address)
            waited = time.perf_counter() - begun
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    await asyncio.wait_for(stranger.connection.recv(), 10)
            assert closed.value.rcvd and closed.value.rcvd.code == 1013
            return waited

    assert asyncio.run(longest_wait()) < 1, "everybody waited for the answer to one message"


def test_nobody_has_a_file_made_over_and_over_again(lab: AppProcess) -> None:
    async def most_processes() -> int:
        async with open_session(lab.address) as stranger:
            await stranger.visit("models")
            (button,) = (
                one.download_button
                for one in stranger.elements("download_button")
                if one.download_button.label == "Capsule"
            )
            asked = BackMsg()
            asked.backend_operation_request.request_id = "1"
            asked.backend_operation_request.session_id = stranger.name
            asked.backend_operation_request.deferred_file.file_id = button.deferred_file_id
            with contextlib.suppress(ConnectionClosed):
                for _ in range(LIMITS["backend_operation_request"][0] + 10):
                    await stranger.connection.send(asked.SerializeToString())
            most = 0
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    most = max(most, len(lab.process.children()))
                    await asyncio.wait_for(stranger.connection.recv(), 60)
            assert closed.value.rcvd and closed.value.rcvd.code == 1013
            return most

    assert asyncio.run(most_processes()) <= sandbox.MOST_AT_ONCE + 2, "an engine, and what it is started by"


@pytest.mark.parametrize("kind", LIMITS)
def test_what_is_asked_for_is_counted_by_address_and_by_minute(kind: str) -> None:
    asked, (of_one, in_all) = Asked(), LIMITS[kind]
    assert asked.take(kind, "203.0.113.5", of_one, 0.0)
    assert not asked.take(kind, "203.0.113.5", 1, 1.0)
    assert asked.take(kind, "203.0.113.6", 1, 1.0), "others are not held up"
    assert asked.take(kind, "203.0.113.5", 1, 61.0)
    assert not asked.take(kind, "203.0.113.6", in_all, 62.0)
    other = next(one for one in LIMITS if one != kind)
    assert asked.take(other, "203.0.113.5", LIMITS[other][0], 62.0), "each kind by itself"


@pytest.mark.parametrize("kind", ["clear_cache", "load_git_info", "set_run_on_save", "debug_disconnect_websocket"])
def test_what_no_page_of_the_lab_sends_is_not_heard(kind: str) -> None:
    assert not is_wanted(message(**{kind: True}))


@pytest.mark.parametrize("kind", ["app_heartbeat", "stop_script"])
def test_what_the_pages_send_is_heard(kind: str) -> None:
    assert is_wanted(message(**{kind: True}))
    assert is_wanted(asking_for_places(3))
