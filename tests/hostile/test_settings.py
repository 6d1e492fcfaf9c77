"""Settings of a run as JSON that somebody else wrote."""

import math
from typing import Any

import pytest

from mnist_core.config.train_config import TrainConfig
from mnist_core.errors import InputError
from tests.config.test_train_config import small_config
from tests.hostile.drawings import NESTED


@pytest.mark.parametrize("values", [None, [], "quick", 3, {}, {"recipe": "quick"}, {"layers": ["flatten"]}])
def test_json_that_is_no_configuration_is_refused(values: Any) -> None:
    with pytest.raises(InputError, match=r"^These settings are not a training configuration; expected the fields of"):
        TrainConfig.from_json(values)


@pytest.mark.parametrize(
    "change",
    [
        {"unknown": 1},
        {"__class__": "x"},
        {"recipe": 3},
        {"recipe": None},
        {"recipe": ["quick"]},
        {"layers": "flatten"},
        {"layers": None},
        {"layers": {}},
        {"layers": [["flatten"]]},
        {"layers": [3, "dense:10:softmax"]},
        {"layers": []},
        {"layers": ["flatten"] * 1000 + ["dense:10:softmax"]},
        {"epochs": "3"},
        {"epochs": None},
        {"epochs": [3]},
        {"epochs": 10**400},
        {"epochs": 1e300},
        {"epochs": NESTED},
        {"epochs": 10**5000},
        {"learning_rate": "0.1"},
        {"learning_rate": math.nan},
        {"learning_rate": math.inf},
        {"learning_rate": 10**400},
        {"learning_rate": {}},
        {"optimizer": ["adam"]},
        {"optimizer": {}},
        {"schedule": None},
        {"seed": True},
        {"zoom": False},
    ],
)
def test_hostile_json_is_refused_and_never_crashes(change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        TrainConfig.from_json(small_config().to_json() | change)
