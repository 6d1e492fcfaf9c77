from pathlib import Path

import pytest

from mnist_core.errors import InputError
from mnist_core.runs.control import Control


def test_a_request_comes_back_and_a_damaged_file_asks_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "control.json"
    assert Control.load_or_default(path) == Control()
    Control("epoch", 3, 0.01).save(path)
    assert Control.load_or_default(path) == Control("epoch", 3, 0.01)
    for content in ("{", "[1]", '{"request": "explode"}', '{"learning_rate": -1}', '{"nothing": 1}'):
        path.write_text(content)
        assert Control.load_or_default(path) == Control()


def test_one_epoch_waits_for_its_end() -> None:
    control = Control("epoch", until=2)
    assert not control.wants_pause(1) and control.wants_pause(2)
    assert Control("pause").wants_pause(0) and not Control("resume").wants_pause(5)


@pytest.mark.parametrize("rate", [0.0, -1.0, 11.0, float("nan"), True])
def test_a_learning_rate_that_is_none_is_said(rate: float) -> None:
    with pytest.raises(InputError, match="learning rate is"):
        Control(learning_rate=rate)
