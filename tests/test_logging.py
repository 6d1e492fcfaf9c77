"""What is logged, how much of it, and where whoever runs the lab finds it."""

import pytest

from mnist_core import environment
from mnist_core.cli import main
from mnist_core.engine import connection
from mnist_core.errors import InputError
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run

Captured = pytest.CaptureFixture[str]


def test_a_level_that_there_is_not_is_wrong_input(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LOG", "LOUD")
    assert main(["runs"]) == 2
    sentence = "$MNIST_LOG is 'LOUD', but must be one of DEBUG, INFO, WARNING, ERROR; correct it or leave it out.\n"
    assert capsys.readouterr().err == sentence
    with pytest.raises(InputError):
        environment.set_up_process()


def test_the_log_says_as_much_as_it_is_asked_for(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    for level, shown in (("", False), ("WARNING", False), ("INFO", False), ("DEBUG", True)):
        monkeypatch.setenv("MNIST_LOG", level)
        environment.set_up_process()
        environment.set_up_process()
        assert connection.find_address() is None
        assert capsys.readouterr().err.count(" DEBUG mnist_core.engine.connection: No engine answers in ") == shown
    monkeypatch.delenv("MNIST_LOG")
    environment.set_up_process()


def test_what_is_told_in_a_sentence_is_in_the_log_with_its_cause(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["sweep", "--show", "nowhere"]) == 2
    sentence = "There is no sweep 'nowhere'; 'python -m mnist_core sweep --list' lists those there are.\n"
    assert capsys.readouterr().err == sentence
    monkeypatch.setenv("MNIST_LOG", "INFO")
    assert main(["sweep", "--show", "nowhere"]) == 2
    told = capsys.readouterr().err
    assert "INFO mnist_core.cli" in told and "Traceback" in told and told.endswith(sentence)


def test_an_error_that_nobody_thought_of_is_logged_and_told(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[Run]:
        return [][0]

    monkeypatch.setattr(run_folders, "all_runs", broken)
    assert main(["runs"]) == 1
    *log, sentence = capsys.readouterr().err.splitlines()
    assert "ERROR mnist_core.cli" in log[0] and "Traceback" in log[1] and "in broken" in "".join(log)
    assert (
        sentence == "The lab has an error of its own, IndexError('list index out of range'); the lines above say where."
    )
