import asyncio
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mnist_core import environment
from mnist_core.bench.app_client import AppClient
from mnist_core.bench.load import class_load, kills, soak
from mnist_core.bench.load.bars import exit_code, verdict
from mnist_core.bench.load.crowd import draw
from mnist_core.config.recipes import RECIPES
from mnist_core.errors import LabError
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run


def test_a_verdict_needs_every_bar(capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict({"one": True, "two": True})
    assert not verdict({"one": True, "two": False})
    assert "NOT HELD    two" in capsys.readouterr().out


def test_a_measurement_has_a_home_of_its_own_and_an_exit_code(
    temporary_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(home: Path) -> bool:
        assert environment.home() == home != temporary_home
        raise LabError("It cannot be measured.")

    assert [exit_code(lambda home: True), exit_code(lambda home: False), exit_code(refused)] == [0, 1, 1]
    assert capsys.readouterr().err == "It cannot be measured.\n"
    assert environment.home() == temporary_home


class Pupil(AppClient):
    """A session that answers at once, or never."""

    def __init__(self, prediction: str = "7") -> None:
        self.prediction, self.drawn, self.numbers = prediction, 0, list[object]()

    async def draw(self, drawing: dict[str, object]) -> float:
        if self.prediction == "lost":
            raise LabError("The page is gone.")
        self.drawn += 1
        self.numbers.append(drawing["number"])
        return 0.1 * self.drawn

    def exceptions(self) -> list[str]:
        return []

    alerts = exceptions

    def answer(self) -> str:
        return self.prediction


def test_a_class_draws_evenly_and_errors_are_kept() -> None:
    pupils = [Pupil(), Pupil(""), Pupil("lost")]
    answers = asyncio.run(draw([*pupils], [{"number": number} for number in range(4)], 0.1, 0.25))
    assert pupils[0].numbers == [0, 1, 2]
    assert len(answers.seconds) == pupils[0].drawn + pupils[1].drawn
    assert len(answers.errors) == pupils[1].drawn + 1
    assert answers.percentile(100) == pytest.approx(0.3)


def test_nobody_draws_the_same_twice_in_a_row_even_where_there_are_as_many_drawings_as_pupils() -> None:
    pupils = [Pupil(), Pupil(), Pupil()]
    for _ in range(2):  # a phase goes on where the one before ended
        asyncio.run(draw([*pupils], [{"number": number} for number in range(3)], 0.1, 0.15))
    for place, pupil in enumerate(pupils):
        assert pupil.numbers == [(place + turn) % 3 for turn in range(pupil.drawn)] and pupil.drawn > 1


def test_the_speed_of_training_lies_between_two_reports() -> None:
    assert class_load.speed(class_load.Mark(10, 1000), class_load.Mark(12, 5000)) == 2000


def run_with(name: str, **arrays: np.ndarray) -> Run:
    run = run_folders.create(RECIPES["quick"].config, {"name": "x", "identity": "y"}, name=name)
    run.write_checkpoint(arrays)
    return run


def test_weights_are_compared_bit_for_bit() -> None:
    one = run_with("one", variable_0=np.zeros(3, np.float32), epoch_seconds=np.array(1.0))
    same = run_with("same", variable_0=np.zeros(3, np.float32), epoch_seconds=np.array(2.0))
    negative = run_with("negative", variable_0=-np.zeros(3, np.float32))
    more = run_with("more", variable_0=np.zeros(3, np.float32), variable_1=np.zeros(1))
    assert kills.different(one, same) == ()
    assert kills.different(one, negative) == ("variable_0",)
    assert kills.different(one, more) == ("variable_1",)


def test_the_slope_of_memory_leaves_the_first_third_out() -> None:
    samples = [{"minutes": float(minute), "mb": 100.0 + (minute if minute >= 20 else 50)} for minute in range(60)]
    slope, mean = soak._slope(samples, "mb")
    assert slope == pytest.approx(60)
    assert mean == pytest.approx(100 + 39.5)
    assert np.isnan(soak._slope(samples, "worker")[0])


def test_samples_take_what_processes_there_are() -> None:
    import psutil

    app = SimpleNamespace(process=psutil.Process(), engine=lambda: None, trainer=lambda: None)
    found = soak._memory(app)  # type: ignore[arg-type]
    assert set(found) == {"pages_rss_mb", "pages_uss_mb"}
    assert found["pages_rss_mb"] > 10
