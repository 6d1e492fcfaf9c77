from pathlib import Path

import pytest

from mnist_core.files import precision_trials


@pytest.mark.parametrize("kept", [True, False])
def test_a_trial_is_kept_in_a_home_but_makes_none(temporary_home: Path, kept: bool) -> None:
    home = temporary_home / "home"
    if kept:
        home.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_HOME", str(home))
        assert precision_trials.remembered("a processor", lambda: True)
        assert precision_trials.remembered("a processor", lambda: False) is kept
    assert home.exists() is kept
