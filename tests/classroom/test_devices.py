"""The lab says that it is full before it is slow, by the processors that it has."""

import pytest

from mnist_core.access import quotas
from mnist_core.classroom import devices


@pytest.fixture(params=[1, 2, 4, 64])
def processors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(devices, "_processors", lambda: request.param)
    return int(request.param)


def test_what_was_measured_is_what_is_allowed(processors: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert devices.most() == min(60 * processors, quotas.CLASS_SIZE)
    monkeypatch.setenv("MNIST_CLASS_SIZE", "300")
    assert devices.most() == min(60 * processors, 300)


def test_the_teacher_is_warned_well_before_and_refused_is_whoever_is_one_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "_processors", lambda: 2)
    assert devices.warning(60) == ""
    assert devices.warning(61) == (
        "More than 60 devices make this computer slow while it trains; 61 take part now. At 120 the lab is full."
    )
    assert devices.warning(119).startswith("More than 60") and devices.refusal(119) == ""
    assert devices.warning(120).startswith("The lab is full: 120 devices take part.")
    assert devices.refusal(120).startswith("The lab is full: 120 devices take part, and more would make it slow")


def test_the_processors_are_those_of_this_process() -> None:
    assert 1 <= devices._processors() <= 4096
