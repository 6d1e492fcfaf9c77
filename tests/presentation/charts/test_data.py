import numpy as np

from mnist_core.presentation.charts import data
from tests.support.specs import assert_valid, rows_of


def test_the_specification_is_valid_vega_lite() -> None:
    assert_valid(data.class_balance({"train": np.arange(10), "test": np.ones(10, int)}))


def test_the_class_balance_holds_counts_and_shares() -> None:
    spec = data.class_balance({"train": np.array([5, 15, *[0] * 8]), "test": np.zeros(10, int)})
    assert_valid(spec)
    train = rows_of(spec, part="train")
    assert [row["images"] for row in train] == [5, 15, *[0] * 8]
    assert [row["share"] for row in train[:3]] == [0.25, 0.75, 0]
    assert [row["share"] for row in rows_of(spec, part="test")] == [0] * 10
