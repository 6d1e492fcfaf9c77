from pathlib import Path

import numpy as np
import pytest

from mnist_core.config.network import count_parameters, parse_network
from mnist_core.config.recipes import RECIPES
from mnist_core.errors import InputError
from mnist_core.sharing import weights
from tests.hostile.models import NETWORK, arrays


@pytest.mark.parametrize("name", RECIPES)
def test_the_shapes_hold_as_many_numbers_as_the_network_has_parameters(name: str) -> None:
    layers = RECIPES[name].config.layers
    shapes = weights.shapes(layers)
    assert len(shapes) == len(layers)
    assert sum(int(np.prod(shape)) for own in shapes for shape in own) == count_parameters(layers)


def test_weights_come_back_in_order_also_of_more_than_a_hundred_arrays(tmp_path: Path) -> None:
    network = parse_network(",".join(["conv:1:1,norm"] * 18) + ",flatten,dense:10:softmax")
    own = arrays(network)
    assert len(own) == 110
    weights.save(own, tmp_path / "weights.npz")
    for one, other in zip(weights.read_npz(tmp_path / "weights.npz", network, "it"), own, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "network", ["flatten,dense:10:softmax", "conv:2:5:relu,maxpool:4,norm,flatten,dense:10:softmax"]
)
def test_weights_of_another_network_are_refused(tmp_path: Path, network: str) -> None:
    weights.save(arrays(NETWORK), tmp_path / "weights.npz")
    with pytest.raises(InputError, match=r"weight.*\.$"):
        weights.read_npz(tmp_path / "weights.npz", parse_network(network), "it")


def test_a_variance_below_zero_and_a_value_that_is_no_number_are_refused() -> None:
    for number, value, sentence in ((5, -1e-3, "negative"), (0, np.nan, "not numbers"), (7, np.inf, "not numbers")):
        own = arrays()
        own[number].flat[0] = value
        with pytest.raises(InputError, match=sentence):
            weights.check(own, NETWORK, "it")
