"""A learner that is kept for the next run trains as a new one would, bit for bit."""

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core.config.network import parse_network
from mnist_core.config.train_config import OPTIMIZERS, TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.runs import run_folders
from mnist_core.training import augmentation, kept_learners, loop
from mnist_core.training.learner import Learner, graph_of
from mnist_core.training.schedule import learning_rates
from mnist_core.training.training_set import assemble
from tests.support.paths import ROOT

NETWORK = parse_network("conv:8:5,maxpool:4,norm,activation:relu,dropout:0.3,flatten,dense:10:softmax")
FIRST = TrainConfig("quick", NETWORK, epochs=2, learning_rate=0.01, data_share=0.5, precision="float32")
# All that may differ without another graph.
SECOND = dataclasses.replace(
    FIRST,
    recipe="another",
    seed=7,
    epochs=1,
    learning_rate=0.003,
    schedule="one-cycle",
    validation_share=0.2,
    early_stopping=1,
    data_share=0.7,
    styles=0.1,
)
MOVING = {"rotation": 10.0, "elastic": 0.5, "pen": 0.2, "non_digits": 0.1}


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_learners, "_kept", {})


def trained(config: TrainConfig, dataset: Dataset) -> dict[str, np.ndarray]:
    """Every variable after a few steps."""
    with kept_learners.borrowed(config, assemble(dataset, config), config.precision) as learner:
        number = len(learner.images)
        order = np.random.default_rng([config.seed, 0]).permutation(number).astype(np.int32)
        changes = augmentation.draw_changes(config, number if config.augments else 1, 0)
        learner.train(order, changes, learning_rates(config, learner.steps), 0, learner.steps)
        learner.validate()
        return learner.state()


def assert_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def kept() -> list[Learner]:
    return list(kept_learners._kept.values())


SOME: list[dict[str, Any]] = [{"optimizer": "adam"}, {"optimizer": "sgd"}, MOVING]
OTHERS: list[dict[str, Any]] = [{"precision": "bfloat16"}, {"weight_averaging": 0.9}]
OTHERS += [{"optimizer": name} for name in OPTIMIZERS if name not in ("adam", "sgd")]


@pytest.mark.parametrize("settings", [*SOME, *(pytest.param(one, marks=pytest.mark.long) for one in OTHERS)], ids=str)
def test_a_run_with_a_kept_learner_ends_as_with_a_new_one(simple_dataset: Dataset, settings: dict[str, Any]) -> None:
    first, second = (dataclasses.replace(config, **settings) for config in (FIRST, SECOND))
    if settings is MOVING:
        second = dataclasses.replace(second, rotation=0.0, zoom=0.1, elastic=0.2, non_digits=0.2)
    expected = trained(second, simple_dataset)
    kept_learners._kept.clear()
    trained(first, simple_dataset)
    (learner,) = kept()
    assert_same(trained(second, simple_dataset), expected)
    assert kept() == [learner]
    assert learner._train.experimental_get_tracing_count() == 1
    assert learner._evaluate.experimental_get_tracing_count() == 1


PROGRAM = """
import sys
import numpy as np
from pathlib import Path
from mnist_core.data import sources
from mnist_core.runs.run import Run
from mnist_core.training import loop
run = Run(Path(sys.argv[1]))
loop.train(run.config(), sources.load(sys.argv[2]), run)
"""


@pytest.mark.long
def test_a_run_after_another_ends_as_in_a_process_of_its_own(simple_dataset: Dataset, simple_npz: Path) -> None:
    run = run_folders.create(SECOND, simple_dataset.reference())
    subprocess.run([sys.executable, "-c", PROGRAM, str(run.folder), str(simple_npz)], check=True)
    checkpoint = run.read_checkpoint()
    assert checkpoint
    trained(FIRST, simple_dataset)
    again = run_folders.create(SECOND, simple_dataset.reference())
    assert loop.train(SECOND, simple_dataset, again).state == "done"
    ((learner,), found) = kept(), again.read_checkpoint()
    assert learner._train.experimental_get_tracing_count() == 1
    assert found
    assert_same(*({name: array for name, array in one.items() if "variable" in name} for one in (found, checkpoint)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("layers", parse_network("flatten,dense:10:softmax")), ("batch_size", 64), ("optimizer", "sgd")],
        *[("beta_1", 0.7), ("precision", "bfloat16")],
        *[("loss", "categorical_crossentropy"), ("rotation", 5.0), ("elastic", 0.5), ("pen", 0.5), ("non_digits", 0.5)],
    ],
)
def test_another_graph_is_another_learner(name: str, value: Any) -> None:
    other = dataclasses.replace(SECOND, **{name: value})
    graphs = [graph_of(config, config.precision) for config in (SECOND, FIRST, other)]
    assert graphs[0] == graphs[1] != graphs[2]


def test_a_learner_is_ready_before_the_first_run(simple_dataset: Dataset) -> None:
    kept_learners.make_ready(FIRST)
    (learner,) = kept()
    expected = trained(SECOND, simple_dataset)
    assert kept() == [learner] and learner._train.experimental_get_tracing_count() == 1
    kept_learners._kept.clear()
    assert_same(trained(SECOND, simple_dataset), expected)


def test_what_is_kept_has_no_data_and_is_little(simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (32, 64, 32, 128):
        config = dataclasses.replace(FIRST, batch_size=size)
        with kept_learners.borrowed(config, assemble(simple_dataset, config), "float32"):
            assert not kept() or size not in [learner.config.batch_size for learner in kept()]
    assert [learner.config.batch_size for learner in kept()] == [32, 128]
    assert [len(learner.images) + len(learner.validation_images) for learner in kept()] == [0, 0]
    monkeypatch.setattr(kept_learners, "MOST_PARAMETERS", 100)
    kept_learners.make_ready(FIRST)
    assert [learner.config.batch_size for learner in kept()] == [128]


def test_a_learner_with_which_something_went_wrong_is_not_kept(simple_dataset: Dataset) -> None:
    with pytest.raises(RuntimeError), kept_learners.borrowed(FIRST, assemble(simple_dataset, FIRST), "float32"):
        raise RuntimeError
    assert not kept()


MEMORY_PROGRAM = """
import dataclasses, gc, psutil
from tests.training.test_kept_learners import FIRST
from mnist_core.training import kept_learners
used = []
for seed in range(61):
    kept_learners.make_ready(dataclasses.replace(FIRST, seed=seed))
    if seed % 20 == 0:
        gc.collect()
        used.append(psutil.Process().memory_full_info().uss / 1e6)
print(used[-1] - used[1])
"""


@pytest.mark.long
def test_memory_does_not_grow_run_by_run() -> None:
    done = subprocess.run([sys.executable, "-c", MEMORY_PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 7  # 0.35 MB a run, were it kept


def test_a_run_after_what_was_compiled_is_forgotten_ends_the_same(
    simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = trained(SECOND, simple_dataset)
    monkeypatch.setattr(kept_learners, "RUNS_A_CLEARING", 1)
    trained(FIRST, simple_dataset)
    assert_same(trained(SECOND, simple_dataset), expected)
