"""Makes a whole small home with the lab as it is, for later releases to open: `python -m scripts.make_home 0.2.0`.

It lies in `tests/data/<name>` afterwards, and takes about two minutes. All in it is what the lab itself writes: runs
that are done, trained longer, stopped, failed, parked, waiting, imported and deleted, a sweep with a kept trial, and
what people keep.
"""

import argparse
import dataclasses
import io
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from mnist_core import environment
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.config import recipes
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import sources
from mnist_core.data.collection.store import Collection
from mnist_core.engine import connection, submission, worker
from mnist_core.engine.connection import EngineConnection
from mnist_core.engine.sweeps import results, trial_tasks
from mnist_core.engine.sweeps.search_space import Space
from mnist_core.engine.sweeps.sweep import Plan
from mnist_core.evaluation import digit_map, label_notes, rejection, robustness
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.files import cache, home_record
from mnist_core.inference.classifier import Classifier
from mnist_core.runs import trash
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.sharing import capsule, exporting, importing
from mnist_core.training import keras_import, pins

LEFT_OUT = ("*.lock", "*.sqlite-*", "checkpoint-before.npz")
DATA = "digits-8x8"
NETWORK = "maxpool:4,flatten,dense:10:softmax"  # 500 parameters
OWNER = "teacher"
NOBODY = EngineConnection(lambda: "tcp://127.0.0.1:9", lambda: None, lambda address, tasks: None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="the release, which is what the home is called")
    target = Path(__file__).parents[1] / "tests" / "data" / parser.parse_args().name
    if target.exists():
        parser.error(f"there is a home {target.name} already, and it stays as it is")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        _settle_in(home)
        _fill()
        shutil.copytree(home, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
        _make_smaller(target)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    print(f"{target}: {size:,} bytes")


def _settle_in(home: Path) -> None:
    for name in ("MNIST_DATA", "MNIST_DATABASE", "MNIST_ENGINE"):
        os.environ.pop(name, None)
    os.environ |= {"MNIST_HOME": str(home)}
    environment.set_up_process()
    keras_import.load()
    rejection.EACH_KIND = 1  # the thresholds need not be good ones


def _make_smaller(home: Path) -> None:
    """Leaves out what is large and not read by pages, and where this machine has its programs."""
    for path in [*sorted(home.rglob("model.keras"))[1:], *home.glob("sweeps/*/trials/*/checkpoint.npz")]:
        path.unlink()
    log = home / "engine.log"
    log.write_text(log.read_text().replace(sys.prefix, "/lab/.venv").replace(str(environment.ROOT), "/lab"))


def _fill() -> None:
    home_record.use()
    _start_an_engine()
    first = _trained()
    _other_endings(first)
    _imported(first)
    _kept(first)
    _sweep()
    _submitted(epochs=2)  # it waits


def _start_an_engine() -> None:
    """Leaves its log."""
    process = connection.start_process()
    try:
        while connection.find_address() is None:
            assert process.poll() is None, connection.log().read_text()
            time.sleep(0.2)
    finally:
        process.terminate()
        process.wait(60)


# --- Runs ------------------------------------------------------------------------------------------------------------


def _config(**changes: float) -> TrainConfig:
    return recipes.from_address(
        {"recipe": "quick", "network": NETWORK} | {name: str(value) for name, value in changes.items()}
    )


def _submitted(own: pins.Pins | None = None, **changes: float) -> Run:
    return submission.submit(NOBODY, _config(**changes), sources.load(DATA), pins=own)


def _trained() -> Run:
    images = sources.load(DATA).test_images
    own = pins.Pins.none().with_pin(images[3], 3, pins.pin_name("test-3", images[3]))
    own.save(_made(pins.path_of(OWNER)))
    run = _submitted(own, epochs=2)
    run.write_label(RunLabel("Our first", "A network of one layer."), by=COMMAND_LINE)
    run.change_learning_rate(0.0005, by=COMMAND_LINE)
    worker.execute(str(run.folder))
    exporting.make_onnx(run)
    return run


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _other_endings(first: Run) -> None:
    worker.execute(str(submission.train_on(NOBODY, first, sources.load(DATA), 1).folder))
    _steered("stop")
    _steered("pause")
    failed = _submitted(epochs=2)
    failed.write_status(dataclasses.replace(failed.stored_status(), attempts=worker.MOST_ATTEMPTS))
    worker.execute(str(failed.folder))
    deleted = _submitted(epochs=1)
    deleted.request("stop", by=COMMAND_LINE)
    trash.delete(deleted, by=COMMAND_LINE)


def _steered(request: str) -> None:
    """Trains a run that is asked to stop, or to pause for long, after its first epoch."""
    from mnist_core.training import loop

    loop.PARK_SECONDS = 0.0
    run = _submitted(epochs=3)
    asked: list[str] = []

    def ask(epoch: int, accuracy: float) -> bool:
        if not asked:
            asked.append(request)
            run.request(request, by=COMMAND_LINE)
        return False

    with run.lock():
        loop.train(run.config(), sources.load(DATA), run, give_up=ask)


def _imported(first: Run) -> None:
    importing.bring_in(io.BytesIO(capsule.content(first)), "theirs.capsule", "From another class")


def _sweep() -> None:
    plan = Plan(_config(epochs=1), Space.parse(["learning_rate=0.01,0.02"]), trials=2, method="everything")
    sweep = trial_tasks.start(NOBODY, plan, sources.load(DATA), Actor(OWNER, on_this_machine=True))
    for _ in range(plan.trials):
        trial_tasks.execute(str(sweep.folder))
    best = sweep.trials()[0]
    recipes.save("sweep-winner", "Winner of a sweep", "", sweep.run(best.number).config())
    results.keep(sweep, best, "sweep-winner")


# --- What people keep ------------------------------------------------------------------------------------------------


def _kept(run: Run) -> None:
    data, evaluation = sources.load(DATA), Evaluation.load(run.evaluation_path)
    label_notes.keep(data.identity, 5, label_notes.VERDICTS[0], "Could be a 9, too.")
    drawings = Collection()
    for label in range(3):
        stroke = np.array([(40, 40), (150, 80 + 40 * label), (60, 220)], float)
        drawings.add([stroke], label, session=OWNER, digit=1, verdict="digit", probability=0.9, model=run.id)
    images, labels = data.test_images, data.test_labels
    found = robustness.measure(Classifier(run.model_path).probabilities, images, labels)
    cache.keep(robustness.stored_at(run.model_path, images, labels), found.save)
    digit_map.load_or_make(digit_map.PCA, run.model_path, images, evaluation)


if __name__ == "__main__":
    main()
