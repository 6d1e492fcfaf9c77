import time
from collections.abc import Callable

import pytest
from streamlit import config
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from mnist_core.ui.server import room
from mnist_core.ui.server.room import MEGABYTE, MOST_FILES, NoRoomError, Room


class Uploads:
    """The room, and what stands around it in the app."""

    def __init__(self) -> None:
        self.manager = MemoryUploadedFileManager("/upload")
        self.connected = {"a", "b"}
        self.room = Room(lambda: self.manager, lambda session: session in self.connected)

    def send(self, session: str, file: str, megabytes: float) -> None:
        """Sends a file that arrives in two pieces."""
        amount = int(megabytes * MEGABYTE)
        self.room.expect(session, file, amount)
        kept = False
        try:
            for piece in (amount // 2, amount - amount // 2):
                self.room.take(session, file, piece)
            self.manager.add_file(session, UploadedFileRec(file, "a.png", "", b"one byte for many"))
            kept = True
        finally:
            self.room.end(session, file, kept)

    def keeps(self, session: str, file: str) -> bool:
        return bool(self.manager.get_files(session, [file]))


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch) -> Uploads:
    monkeypatch.delenv(room.SETTING, raising=False)
    return Uploads()


def refusal(call: Callable[[], None]) -> int:
    with pytest.raises(NoRoomError) as refused:
        call()
    return refused.value.status


def test_only_a_page_that_asks_gets_files(uploads: Uploads) -> None:
    assert refusal(lambda: uploads.send("a", "1", 1)) == 403
    uploads.room.allow("a", "draw", 20 * MEGABYTE)
    uploads.send("a", "1", 20)
    assert refusal(lambda: uploads.send("a", "2", 20.1)) == 413
    assert refusal(lambda: uploads.send("b", "1", 1)) == 403


def test_a_file_that_is_larger_than_it_said_is_broken_off(uploads: Uploads) -> None:
    uploads.room.allow("a", "draw", 20 * MEGABYTE)
    uploads.room.expect("a", "1", 10)
    uploads.room.take("a", "1", 15 * MEGABYTE)
    assert refusal(lambda: uploads.room.take("a", "1", 15 * MEGABYTE)) == 413
    uploads.room.end("a", "1", False)
    assert uploads.room.in_all() == 0


def test_there_is_a_limit_for_a_session_and_for_all(uploads: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    for session in ("a", "b"):
        uploads.room.allow(session, "models", 200 * MEGABYTE)
    uploads.send("a", "1", 150)
    assert refusal(lambda: uploads.send("a", "2", 60)) == 413
    assert refusal(lambda: uploads.send("b", "1", 110)) == 503
    monkeypatch.setenv(room.SETTING, "400")
    uploads.send("b", "1", 110)


def test_a_page_that_is_left_lets_its_files_go_even_those_on_their_way(uploads: Uploads) -> None:
    uploads.room.allow("a", "models", 200 * MEGABYTE)
    uploads.send("a", "1", 50)
    uploads.room.expect("a", "2", 50 * MEGABYTE)
    uploads.room.enter("a", "models")
    assert uploads.keeps("a", "1"), "the same page again"
    uploads.room.enter("a", "train")
    assert not uploads.keeps("a", "1")
    assert refusal(lambda: uploads.room.take("a", "2", 1)) == 410
    uploads.manager.add_file("a", UploadedFileRec("2", "a.png", "", b"it came all the same"))
    uploads.room.end("a", "2", True)
    assert not uploads.keeps("a", "2")
    assert uploads.room.in_all() == 0
    assert refusal(lambda: uploads.send("a", "3", 1)) == 403


def test_a_session_to_which_nobody_comes_back_lets_its_files_go(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for session in ("a", "b"):
        uploads.room.allow(session, "models", 200 * MEGABYTE)
    uploads.send("a", "1", 200)
    uploads.connected.remove("a")
    assert refusal(lambda: uploads.send("b", "1", 100)) == 503, "a page that lost its connection may come back"
    now += config.get_option("server.disconnectedSessionTTL") + 1
    uploads.send("b", "1", 100)
    assert not uploads.keeps("a", "1")


def test_what_a_visitor_takes_back_is_not_counted(uploads: Uploads) -> None:
    uploads.room.allow("a", "models", 200 * MEGABYTE)
    uploads.send("a", "1", 200)
    uploads.manager.remove_file("a", "1")
    uploads.send("a", "2", 200)


def test_the_number_of_files_is_bounded(uploads: Uploads) -> None:
    uploads.room.allow("a", "models", 200 * MEGABYTE)
    for number in range(MOST_FILES):
        uploads.send("a", str(number), 0)
    assert refusal(lambda: uploads.send("a", "one more", 0)) == 413


def test_what_is_made_of_files_counts_as_long_as_it_lives(uploads: Uploads) -> None:
    class Made:
        """Arrays, say."""

    made = Made()
    uploads.room.hold("a", "evaluate", made, 150 * MEGABYTE)
    assert uploads.room.in_all() == 150 * MEGABYTE
    assert refusal(lambda: uploads.room.hold("a", "evaluate", Made(), 60 * MEGABYTE)) == 413
    uploads.room.enter("a", "train")
    assert uploads.room.in_all() == 150 * MEGABYTE, "it is still there on the next page"
    del made
    assert uploads.room.in_all() == 0
