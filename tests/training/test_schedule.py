import dataclasses

import numpy as np

from mnist_core.config.network import parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.training.schedule import learning_rates

TINY = TrainConfig("quick", parse_network("flatten,dense:10:softmax"), epochs=4, learning_rate=0.01)
CYCLE = dataclasses.replace(TINY, schedule="one-cycle")


def test_one_cycle_climbs_to_the_peak_and_falls_to_nothing() -> None:
    rates = learning_rates(CYCLE, 100)
    assert len(rates) == 400 and abs(rates.argmax() - 120) <= 2
    np.testing.assert_allclose(rates.max(), 0.01, rtol=1e-3)
    assert rates[0] < 0.0005 and rates[-1] < 1e-6
    assert (np.diff(rates[:119]) > 0).all() and (np.diff(rates[121:]) < 0).all()
    assert set(learning_rates(TINY, 100)) == {np.float32(0.01)}


def test_what_continues_another_run_has_a_schedule_of_its_own() -> None:
    rates = learning_rates(CYCLE, 100, begun=3)
    assert not rates[:300].any()
    np.testing.assert_array_equal(rates[300:], learning_rates(dataclasses.replace(CYCLE, epochs=1), 100))


def test_a_changed_rate_scales_the_schedule_from_its_step_on() -> None:
    plain, changed = learning_rates(CYCLE, 100), learning_rates(CYCLE, 100, changes=[(50, 0.02), (200, 0.005)])
    np.testing.assert_array_equal(changed[:50], plain[:50])
    np.testing.assert_allclose(changed[50:200], 2 * plain[50:200], rtol=1e-6)
    np.testing.assert_allclose(changed[200:], plain[200:] / 2, rtol=1e-6)
