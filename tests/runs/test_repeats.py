"""The same run is found before it is trained again."""

import dataclasses

from mnist_core.config.recipes import RECIPES
from mnist_core.config.train_config import TrainConfig
from mnist_core.runs import run_folders
from mnist_core.runs.description import Continues
from mnist_core.runs.repeats import same_run
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status

QUICK = RECIPES["quick"].config
DATA = {"name": "mnist", "identity": "0"}


def done(config: TrainConfig = QUICK, dataset: dict[str, str] = DATA, state: str = "done", **about: object) -> Run:
    run = run_folders.create(config, dataset, about=about)
    run.write_status(Status(state, epoch=1, epochs=1))
    run.model_path.write_bytes(b"")
    return run


def found(config: TrainConfig = QUICK) -> Run | None:
    return same_run(config, DATA, run_folders.all_runs())


def test_the_same_settings_data_and_seed_are_the_same_run() -> None:
    assert found() is None
    first = done()
    assert (same := found()) and same.id == first.id
    assert found(dataclasses.replace(QUICK, recipe="ours")), "the name of a recipe changes nothing"
    assert found(dataclasses.replace(QUICK, seed=7)) is None


def test_other_runs_are_not_the_same() -> None:
    done(dataclasses.replace(QUICK, epochs=2))
    done(dataset=DATA | {"identity": "1"})
    done(state="stopped")
    done(continues=Continues("other", 1))
    done().write_rate_changes([(3, 0.5)])
    done().model_path.unlink()
    (done().folder / "config.json").write_text("{}")
    assert found() is None
    best = RECIPES["best"].config
    done(best)
    assert found(best) is None, "its second sources may have changed"
