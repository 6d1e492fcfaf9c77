"""What all commands share: JSON that every program reads, and bars that only a terminal sees."""

import io
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_core.cli import frame, main
from mnist_core.evaluation import rejection
from tests.support.commands import Captured, run, write_picture


class Terminal(io.StringIO):
    """A stderr that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """Puts a terminal in the place of stderr; within a test, since `capsys` has its own there when it begins."""

    def put() -> Terminal:
        shown = Terminal()
        monkeypatch.setattr(sys, "stderr", shown)
        return shown

    return put


def test_what_is_not_known_is_null(capsys: Captured) -> None:
    frame.print_json({"a": float("nan"), "b": [1.5, (float("inf"), None)], "c": "é"})
    assert capsys.readouterr().out == '{"a": null, "b": [1.5, [null, null]], "c": "é"}\n'


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("evaluate best --data {data}", "Reading the images"),
        ("verdicts best --data {data}", "Making what is no digit"),
        ("ablate best --data {data} --number 5", "Preparing pictures"),
        ("classify {picture} {picture}", "Reading pictures"),
        ("export best {folder}/a.keras", "Making a.keras"),
    ],
)
def test_a_terminal_sees_how_far_it_is_and_the_result_stays_clean(
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
    terminal: Callable[[], Terminal],
    simple_npz: Path,
    tmp_path: Path,
    command: str,
    what: str,
) -> None:
    monkeypatch.setattr(rejection, "EACH_KIND", 5)
    monkeypatch.setattr(frame, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(frame, "SHOWN_AFTER_SECONDS", 0.0)
    picture = write_picture(tmp_path / "a.png", 7)
    words = [word.format(data=simple_npz, picture=picture, folder=tmp_path) for word in command.split()]
    seen = terminal()
    printed = run(capsys, *words, "--json")
    assert what in seen.getvalue() and "Traceback" not in seen.getvalue()
    assert "\r" not in printed and all(json.loads(line) for line in printed.splitlines())


def test_a_file_as_stderr_sees_no_bar(capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(frame, "SHOWN_AFTER_SECONDS", 0.0)
    picture = str(write_picture(tmp_path / "a.png", 7))
    assert main(["classify", picture, picture]) == 0
    assert capsys.readouterr().err == ""


def test_what_is_over_before_two_seconds_shows_no_bar(terminal: Callable[[], Terminal]) -> None:
    seen = terminal()
    with frame.watch("Reading", 10) as advance, frame.waiting("Waiting"):
        advance(10)
    assert "ing" not in seen.getvalue()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_stops_and_the_second_one_ends(number: signal.Signals) -> None:
    stopped, before = [], signal.getsignal(number)
    ended: list[int] = []
    signal.signal(number, lambda number, _: ended.append(number))
    try:
        with frame.interrupt_stops(lambda: stopped.append(True)):
            signal.raise_signal(number)
            assert (stopped, ended) == ([True], [])
            signal.raise_signal(number)
        assert (stopped, ended) == ([True], [number])
    finally:
        signal.signal(number, before)
