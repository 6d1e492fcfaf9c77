import pytest

from mnist_core.training.pace import SLOW_SECONDS, Pace


@pytest.mark.parametrize("steps", [1, 3, 17, 112, 1875])
def test_a_slow_start_takes_its_time_whatever_the_steps(steps: int) -> None:
    pace = Pace.of(steps, slow_start=True)
    assert pace.seconds(0, steps) == pytest.approx(SLOW_SECONDS)
    pieces = [pace.seconds(first, first + pace.piece) for first in range(0, steps, pace.piece)]
    assert sum(pieces) == pytest.approx(SLOW_SECONDS) and pace.seconds(pace.slow_steps, steps) == 0
    assert 0.2 * steps <= pace.slow_steps < 0.2 * steps + 1


def test_without_one_nothing_waits() -> None:
    assert Pace.of(112, slow_start=False).seconds(0, 112) == 0
