from collections.abc import Iterator

import pytest

from mnist_core.access import quotas
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.access.quotas import Asked
from mnist_core.errors import InputError

HERE, THERE = Actor("ada", "203.0.113.5"), Actor("bob", "198.51.100.7")
AT_THE_MACHINE = Actor("teacher", on_this_machine=True)


@pytest.fixture(autouse=True)
def _counting_anew() -> Iterator[None]:
    quotas.forget()
    yield
    quotas.forget()


def test_a_class_behind_one_address_keeps_five_drawings_each_within_a_minute() -> None:
    for pupil in range(120):
        for _ in range(5):
            quotas.count_drawing(Actor(f"pupil {pupil}", HERE.address))
    with pytest.raises(InputError, match=r"From your network, 600 drawings came within a minute.*stays on the canvas"):
        quotas.count_drawing(HERE)
    quotas.count_drawing(THERE)


def test_a_browser_on_this_machine_counts_in_all_only_and_the_command_line_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MNIST_CLASS_SIZE", "1")
    for _ in range(10):
        quotas.count_drawing(AT_THE_MACHINE)
    with pytest.raises(InputError, match="In all, 10 drawings"):
        quotas.count_drawing(AT_THE_MACHINE)
    with pytest.raises(InputError, match="In all, 10 drawings"):
        quotas.count_drawing(HERE)
    for _ in range(20):
        quotas.count_drawing(COMMAND_LINE)


def test_what_is_refused_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_CLASS_SIZE", "1")
    for _ in range(30):
        try:
            quotas.count_drawing(HERE)
        except InputError as error:
            assert "From your network" in str(error), "those of the others are not used up"
    for _ in range(5):
        quotas.count_drawing(THERE)


def test_files_are_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_CLASS_SIZE", "1")
    for _ in range(3):
        quotas.count_upload(HERE)
    with pytest.raises(InputError, match="3 files came within a minute"):
        quotas.count_upload(HERE)
    quotas.count_drawing(HERE)


def test_one_run_waits_and_two_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_CLASS_SIZE", "1")
    with pytest.raises(InputError, match="1 run from your network waits already"):
        quotas.check_waiting(HERE, 1.0, [Asked(HERE.client, 1.0)], "run")


def test_a_class_waits_and_one_more_does_not() -> None:
    of_the_class = [Asked(HERE.client, 1.2e6)] * 119
    quotas.check_waiting(HERE, 1.2e6, of_the_class, "run")
    with pytest.raises(InputError, match="120 runs from your network wait already"):
        quotas.check_waiting(HERE, 1.2e6, [*of_the_class, of_the_class[0]], "run")
    quotas.check_waiting(THERE, 1.2e6, [*of_the_class, of_the_class[0]], "run")
    quotas.check_waiting(HERE, 1.2e6, [*of_the_class, of_the_class[0]], "run", each=2)
    with pytest.raises(InputError, match="240 sweeps in all wait already"):
        quotas.check_waiting(AT_THE_MACHINE, 1, [Asked("", 1)] * 240, "sweep")
    quotas.check_waiting(COMMAND_LINE, 1, [Asked("", 1)] * 240, "sweep")


def test_few_that_take_long_are_as_much_as_many_that_do_not() -> None:
    longest = [Asked(HERE.client, 6e6)] * 50
    with pytest.raises(InputError, match="50 runs from your network"):
        quotas.check_waiting(HERE, 1, longest, "run")
    quotas.check_waiting(HERE, 1e12, [], "run")  # alone, it is for the limit on one run


def test_a_sweep_is_bounded_by_what_all_its_trials_learn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    quotas.check_sweep(HERE, 20, 600_000)
    with pytest.raises(InputError, match=r"would train on 300,000,000 images .500 trials of 600,000., .* 60,000,000"):
        quotas.check_sweep(HERE, 500, 600_000)
    quotas.check_sweep(AT_THE_MACHINE, 500, 600_000)
    monkeypatch.setenv("MNIST_MAX_IMAGES", "1000")
    with pytest.raises(InputError, match="allows 10,000"):
        quotas.check_sweep(HERE, 20, 600)


def test_a_class_size_that_is_no_number_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_CLASS_SIZE", "many")
    with pytest.raises(InputError, match=r"\$MNIST_CLASS_SIZE is 'many'"):
        quotas.count_drawing(HERE)
