import pytest

from mnist_core.presentation import status_words
from mnist_core.runs.control import Control
from mnist_core.runs.status import Status


@pytest.mark.parametrize(
    ("state", "control", "sentence"),
    [
        ("running", Control(), ""),
        ("running", Control("pause"), "Pausing …"),
        ("paused", Control("pause"), ""),
        ("paused", Control("resume"), "Going on …"),
        ("running", Control("resume"), ""),
        ("running", Control("epoch", until=2), "It pauses after epoch 2."),
        ("paused", Control("epoch", until=2), "Going on …"),
        ("paused", Control("epoch", until=1), ""),
        ("running", Control("stop"), "Stopping … What it has learned is kept."),
        ("paused", Control("stop"), "Stopping … What it has learned is kept."),
        ("stopped", Control("stop"), ""),
        ("running", Control(learning_rate=0.002), "Changing the learning rate to 0.002 …"),
        ("running", Control(learning_rate=0.01), ""),
    ],
)
def test_what_was_asked_is_said_until_it_is_heeded(state: str, control: Control, sentence: str) -> None:
    assert status_words.asked(Status(state, epoch=1, epochs=4, steps=10, learning_rate=0.01), control) == sentence


def test_nothing_is_said_of_what_comes_too_late() -> None:
    assert status_words.asked(Status("running", "writing"), Control("pause")) == ""
