"""Sweeps with real trials: the plan, the choice, pruning, kills, stops, and what is kept."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState

from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.config import recipes
from mnist_core.config.network import parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.engine import fair_queue, worker
from mnist_core.engine.scheduler import Task
from mnist_core.engine.sweeps import results, sweep_folders, trial_tasks
from mnist_core.engine.sweeps.search_space import Space, Value, applied
from mnist_core.engine.sweeps.sweep import ENDING, UNPRUNED_TRIALS, Plan, Sweep, Trial
from mnist_core.errors import InputError, LabError
from mnist_core.presentation import status_words
from mnist_core.presentation.charts import sweep as sweep_charts
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from tests.conftest import PretendedEngine

NETWORK = parse_network("conv:8:5:relu,maxpool:4,flatten,dense:10:softmax")
BASE = TrainConfig("quick", NETWORK, epochs=3, batch_size=64, learning_rate=0.01, validation_share=0.2)
SPACE = Space.parse(["learning_rate=0.0001..0.1:log", "batch_size=32,64"])
PLAN = Plan(BASE, SPACE, 4)


@pytest.fixture
def engine(borrowed_model: None) -> PretendedEngine:
    """Keeps the tasks of an engine, for the test to carry out."""
    return PretendedEngine()


@pytest.fixture
def data(simple_dataset: Dataset, simple_npz: Path) -> Dataset:
    """The simple digits under a name that workers can load."""
    return dataclasses.replace(simple_dataset, name=str(simple_npz))


def carry_out(tasks: list[Task]) -> list[object]:
    """Carries tasks out one after the other, as a single worker would."""
    return [task.function(task.argument) for task in tasks]


def told(sweep: Sweep, *accuracies: float, done: bool) -> None:
    """Writes a trial into the study without training it."""
    study = sweep.study()
    trial = study.ask()
    SPACE.suggest(trial, listed=False)
    for epoch, accuracy in enumerate(accuracies, 1):
        trial.report(accuracy, epoch)
    trial.set_user_attr(ENDING, ["done" if done else "pruned", len(accuracies), 1.0, ""])
    study.tell(trial, accuracies[-1] if done else None, state=TrialState.COMPLETE if done else TrialState.PRUNED)


def pretended(number: int = 10) -> Sweep:
    """Returns a sweep of which two of three trials were pruned."""
    sweep = sweep_folders.create(dataclasses.replace(PLAN, trials=number), {"name": "simple", "identity": "0"})
    for index in range(number):
        told(sweep, 0.5 + index / 100, 0.7 + index / 100, done=index % 3 == 0)
    return sweep


# --- The plan ----------------------------------------------------------------------------------------------------


def test_a_plan_comes_back_from_its_folder() -> None:
    plan = Plan(BASE, SPACE, 7, "random", False, 5)
    sweep = sweep_folders.create(
        plan, {"name": "simple", "identity": "0"}, {"owner": "somebody", "tag": 3.0, "limits": {"seconds": 60.0}}
    )
    assert sweep_folders.find(sweep.id).plan() == plan
    what = sweep.description()
    assert (what.owner, what.tag, what.limits) == ("somebody", 3.0, {"seconds": 60.0})
    assert [trial.state for trial in sweep.trials()] == ["waiting"] * 7


def test_a_sweep_never_learns_from_the_test_set() -> None:
    with pytest.raises(InputError, match="validates on the test set, which a sweep must not learn from"):
        Plan(dataclasses.replace(BASE, validation_share=0.0), SPACE)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"trials": 0}, "The number of trials is 0, but must be a whole number from 1 to 500."),
        ({"method": "luck"}, "The method of a sweep is 'luck'; choose one of search, random, everything."),
        ({"seed": -1}, "The seed of a sweep is -1"),
        ({"space": Space.parse(["batch_size=1,5000"])}, "The batch size is 5000"),
        ({"method": "everything"}, "To try everything, list at most 100 values of 'learning rate'"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        dataclasses.replace(PLAN, **change)
    assert sentence in str(caught.value)


def test_everything_makes_as_many_trials_as_there_are_combinations() -> None:
    plan = Plan(BASE, Space.parse(["batch_size=32,64", "learning_rate=0.001,0.01,0.1"]), 1, "everything")
    assert plan.trials == 6
    sweep = sweep_folders.create(plan, {"name": "simple", "identity": "0"})
    settings = [tuple(trial.settings.values()) for trial in sweep.trials()]
    assert sorted(settings) == [(size, rate) for size in (32, 64) for rate in (0.001, 0.01, 0.1)]


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"plan": {}, "dataset": {}, "owner": "", "tag": 0, "created": 0}']
)
def test_a_damaged_folder_does_no_harm(content: str) -> None:
    sweep = sweep_folders.create(PLAN, {"name": "simple", "identity": "0"})
    good = sweep_folders.create(PLAN, {"name": "simple", "identity": "0"})
    (sweep.folder / "sweep.json").write_text(content)
    with pytest.raises(InputError):
        sweep.trials()
    assert [found.id for found, _ in sweep_folders.unfinished()] == [good.id]
    rows = {row["Sweep"]: row["State"] for row in results.overview(sweep_folders.all_sweeps())}
    assert rows == {sweep.id: "damaged", good.id: "waiting"}
    assert "incomplete" in results.title(sweep)
    (good.folder / "journal.log").write_text("nonsense\n")
    with pytest.raises(InputError, match="delete"):
        good.trials()


# --- Trials ------------------------------------------------------------------------------------------------------


def test_a_sweep_trains_its_trials_and_keeps_the_best(engine: PretendedEngine, data: Dataset) -> None:
    sweep = trial_tasks.start(engine, PLAN, data, Actor("somebody"))
    assert [task.key for task in engine.tasks] == [f"sweep-{sweep.id}-{number:03d}" for number in range(4)]
    assert carry_out(engine.tasks)[0] == "done"
    trials = sweep.trials()
    assert {trial.state for trial in trials} <= {"done", "pruned"} and all(trial.ended for trial in trials)
    assert len({trial.settings["learning_rate"] for trial in trials}) == 4
    for trial in trials:
        run = sweep.run(trial.number)
        config = run.config()
        assert config == applied(BASE, trial.settings)
        assert run.has_model == (trial.state == "done")
        assert run.metrics()["val_accuracy"][-1] == pytest.approx(trial.accuracy)
    assert run_folders.all_runs() == []  # trials do not flood the lists
    assert results.state(sweep, trials) == "done"

    best = results.best(trials)
    assert best and best.accuracy == max(trial.accuracy for trial in trials if trial.state == "done")
    recipe = results.recipe_of(sweep, best, "our-best")
    assert recipes.all_recipes()["our-best"] == recipe
    assert recipe.config == dataclasses.replace(sweep.run(best.number).config(), recipe="our-best")
    assert "learning rate" in recipe.description and "sweep of 4" in recipe.description
    (kept,) = run_folders.all_runs()
    assert kept.has_model and kept.config() == recipe.config and kept.status().state == "done"
    with pytest.raises(InputError, match="There is a recipe 'our-best' already"):
        results.recipe_of(sweep, best, "our-best")
    sweep.delete(by=COMMAND_LINE)
    assert sweep_folders.all_sweeps() == [] and kept.has_model


def test_a_weak_trial_is_given_up_and_has_no_model(engine: PretendedEngine, data: Dataset) -> None:
    space = Space.parse(["learning_rate=0.01,0.011,0.012,0.00001"])
    sweep = trial_tasks.start(engine, Plan(dataclasses.replace(BASE, epochs=2), space, 4, "everything"), data)
    assert carry_out(engine.tasks) == [*["done"] * UNPRUNED_TRIALS, "pruned"]
    weak = sweep.trials()[-1]
    assert (weak.state, weak.epoch) == ("pruned", 1) and weak.accuracy < 0.5
    assert status_words.sentence(weak).startswith("Given up after epoch 1 with a validation accuracy of ")
    with pytest.raises(InputError, match="Trial 3 has no model, because it is pruned"):
        results.keep(sweep, weak, "weak")


@pytest.mark.long
def test_without_pruning_every_trial_goes_to_its_end(engine: PretendedEngine, data: Dataset) -> None:
    plan = Plan(BASE, Space.parse(["learning_rate=0.01,0.00001"]), 2, "everything", pruning=False)
    sweep = trial_tasks.start(engine, plan, data)
    assert carry_out(engine.tasks) == ["done", "done"]
    assert [trial.epoch for trial in sweep.trials()] == [3, 3]


def test_the_same_seed_chooses_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "carry_out", lambda run, give_up: Status("failed"))

    def chosen(seed: int) -> list[dict[str, Value]]:
        plan = dataclasses.replace(PLAN, method="random", seed=seed)
        sweep = sweep_folders.create(plan, {"name": "simple", "identity": "0"})
        for number in range(plan.trials):
            assert trial_tasks.execute(str(sweep.folder)) == "failed"
            assert [trial.number for trial in sweep.trials() if trial.ended] == list(range(number + 1))
        return [trial.settings for trial in sweep.trials()]

    first = chosen(1)
    assert first == chosen(1) != chosen(2)
    assert first[0] != first[1]


GiveUp = Callable[[int, float], bool]


class KilledError(BaseException):
    """Ends the worker as a signal would, past everything that catches errors."""


def after_each_epoch(monkeypatch: pytest.MonkeyPatch, happens: Callable[[int], object]) -> None:
    """Lets something happen in the trainer after each epoch, before the trial is judged."""
    carry_out = worker.carry_out

    def watched(run: Run, give_up: GiveUp) -> Status:
        def report(epoch: int, accuracy: float) -> bool:
            happens(epoch)
            return give_up(epoch, accuracy)

        return carry_out(run, report)

    monkeypatch.setattr(worker, "carry_out", watched)


def die_after(epoch: int) -> Callable[[int], None]:
    def die(finished: int) -> None:
        if finished == epoch:
            raise KilledError

    return die


def test_a_trial_whose_worker_was_killed_goes_on_from_its_checkpoint(engine: PretendedEngine, data: Dataset) -> None:
    sweep = trial_tasks.start(engine, dataclasses.replace(PLAN, trials=2), data)
    with pytest.MonkeyPatch.context() as monkeypatch:
        after_each_epoch(monkeypatch, die_after(2))
        with pytest.raises(KilledError):
            carry_out(engine.tasks[:1])
    assert [trial.state for trial in sweep.trials()] == ["running", "waiting"]
    assert [task.key for task in trial_tasks.unfinished_tasks()] == [task.key for task in engine.tasks]
    carry_out(trial_tasks.unfinished_tasks())
    first, second = sweep.trials()
    assert (first.state, first.epoch) == ("done", 3) and second.ended
    assert sweep.run(0).metrics()["epoch"] == [1, 2, 3]
    # More tasks than trials, as after a restart, find nothing to do.
    assert carry_out(engine.tasks) == ["nothing to do"] * 2
    assert trial_tasks.unfinished_tasks() == []


def test_a_trial_whose_worker_died_before_its_folder_was_there_is_not_lost(
    engine: PretendedEngine, data: Dataset
) -> None:
    sweep = trial_tasks.start(engine, Plan(BASE, Space.parse(["batch_size=32,64"]), 2, "everything"), data)
    sweep.study().ask()
    carry_out(engine.tasks)
    assert {trial.settings["batch_size"] for trial in sweep.trials()} == {32, 64}
    assert all(trial.ended for trial in sweep.trials())


def test_a_finished_trial_that_was_not_told_is_not_trained_again(
    engine: PretendedEngine, data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = trial_tasks.start(engine, dataclasses.replace(PLAN, trials=1), data)
    run, train = sweep.run(0), worker.carry_out

    def die_at_the_end(run: Run, give_up: GiveUp) -> Status:
        assert train(run, give_up).state == "done"
        raise KilledError

    with monkeypatch.context() as patched, pytest.raises(KilledError):
        patched.setattr(worker, "carry_out", die_at_the_end)
        carry_out(engine.tasks)
    before = run.model_path.stat().st_mtime_ns
    assert carry_out(engine.tasks) == ["done"]
    assert run.model_path.stat().st_mtime_ns == before
    assert sweep.trials()[0].accuracy == run.metrics()["val_accuracy"][-1]


def test_a_failing_trial_does_not_end_the_sweep(engine: PretendedEngine, data: Dataset) -> None:
    space = Space.parse(["learning_rate=10,0.01", "optimizer=sgd"])
    network = parse_network("flatten,dense:64,dense:10:softmax")
    sweep = trial_tasks.start(engine, Plan(dataclasses.replace(BASE, layers=network), space, 1, "everything"), data)
    assert carry_out(engine.tasks) == ["failed", "done"]
    failed = sweep.trials()[0]
    assert "no number any more" in status_words.sentence(failed) and failed.epoch < 3
    assert "1 failed" in results.sentence(sweep, sweep.trials())


def test_settings_that_do_not_go_together_fail_their_trial_alone(engine: PretendedEngine, data: Dataset) -> None:
    wide, small = "conv:512:1,conv:1:1,flatten,dense:10:softmax", "flatten,dense:10:softmax"
    space = Space.parse(["batch_size=64,4096", f"network={small}|{wide}"])
    with pytest.raises(InputError, match="One step would keep"):
        space.check(dataclasses.replace(BASE, batch_size=4096))
    sweep = trial_tasks.start(engine, Plan(dataclasses.replace(BASE, epochs=1), space, 1, "everything"), data)
    study = sweep.study()
    while study.get_trials(deepcopy=False)[3].state.name == "WAITING":
        trial = study.ask()
        if trial.number < 3:
            trial.set_user_attr(ENDING, ["failed", 0, 0.0, "left out here"])
            study.tell(trial, state=TrialState.FAIL)
    assert carry_out(engine.tasks[3:]) == ["failed"]
    assert "One step would keep" in status_words.sentence(sweep.trials()[3])


def test_a_stopped_sweep_ends_what_runs_and_starts_nothing(engine: PretendedEngine, data: Dataset) -> None:
    sweep = trial_tasks.start(engine, PLAN, data)
    with pytest.MonkeyPatch.context() as monkeypatch:
        after_each_epoch(monkeypatch, lambda epoch: sweep.stop(by=COMMAND_LINE))
        assert carry_out(engine.tasks) == ["stopped", *["nothing to do"] * 3]
    assert [trial.state for trial in sweep.trials()] == ["stopped", "waiting", "waiting", "waiting"]
    assert results.state(sweep, sweep.trials()) == "stopped"
    assert sweep.run(0).has_model  # what there was is kept
    assert trial_tasks.unfinished_tasks() == []

    engine.tasks.clear()
    trial_tasks.go_on(engine, sweep, by=COMMAND_LINE)
    assert len(engine.tasks) == 3
    carry_out(engine.tasks)
    assert results.state(sweep, sweep.trials()) == "done"


def test_a_deleted_sweep_does_not_come_back(engine: PretendedEngine, data: Dataset) -> None:
    sweep = trial_tasks.start(engine, PLAN, data)
    (sweep.folder / "trials" / "000").mkdir()
    with sweep.run(0).lock(), pytest.raises(LabError, match="stop the sweep first"):
        sweep.delete(by=COMMAND_LINE)
    sweep.delete(by=COMMAND_LINE)
    assert carry_out(engine.tasks) == ["deleted"] * 4
    assert not sweep.folder.exists()


def test_a_person_has_one_sweep_at_a_time_and_a_fair_place(engine: PretendedEngine, data: Dataset) -> None:
    sweep = trial_tasks.start(engine, PLAN, data, Actor("ada"))
    with pytest.raises(InputError, match="still goes on"):
        trial_tasks.start(engine, PLAN, data, Actor("ada"))
    trial_tasks.start(engine, PLAN, data, Actor("grace"))
    trial_tasks.start(engine, PLAN, data)
    tags = [-task.priority for task in engine.tasks]
    assert tags[:4] == tags[4:8] == [tags[0] + number for number in range(4)]
    with fair_queue.joining("ada") as tag:
        assert tag == tags[3] + 1
    sweep.stop(by=COMMAND_LINE)
    trial_tasks.start(engine, PLAN, data, Actor("ada"))


def test_the_limits_of_the_lab_hold_for_each_trial(
    engine: PretendedEngine, data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_MAX_IMAGES", "2000")
    plan = Plan(BASE, Space.parse(["epochs=1..50"]), 2)
    with pytest.raises(InputError, match="lower the epochs"):
        trial_tasks.start(engine, plan, data)
    assert sweep_folders.all_sweeps() == []


# --- What came of it ---------------------------------------------------------------------------------------------


def test_a_sentence_says_where_a_sweep_stands() -> None:
    sweep = pretended(10)
    assert results.sentence(sweep, sweep.trials()).startswith(
        "10 of 10 trials, 6 given up early. Best validation accuracy: 79.00 % with "
    )
    waiting = sweep_folders.create(PLAN, {"name": "simple", "identity": "0"})
    assert results.sentence(waiting, waiting.trials()) == "0 of 4 trials. It waits for its turn."


def test_the_time_left_follows_from_the_trials_that_ended() -> None:
    ended = [Trial(number, "done", {}, wall_seconds=10.0) for number in range(3)]
    running = [Trial(3, "running", {}, wall_seconds=4.0), Trial(4, "running", {}, wall_seconds=30.0)]
    waiting = [Trial(number, "waiting", {}) for number in range(5, 9)]
    assert results.seconds_left([*ended, *running, *waiting]) == (4 * 10 + 6) / 2
    assert results.seconds_left(waiting) == 0


def test_importances_are_shares_of_what_told_the_best_apart() -> None:
    assert results.importances(sweep_folders.create(PLAN, {"name": "simple", "identity": "0"})) == {}
    shares = results.importances(pretended(12))
    assert set(shares) == {"learning_rate", "batch_size"}
    assert sum(shares.values()) == pytest.approx(1) and min(shares.values()) >= 0
    bars = sweep_charts.importance_bars(shares)["data"]["values"]
    assert [bar["share"] for bar in bars] == list(shares.values())
    assert results.importance_sentence(shares).startswith("What mattered most for a good trial: ")


def test_the_lines_go_through_every_axis_and_the_best_is_marked() -> None:
    sweep = pretended(6)
    trials = sweep.trials()
    rows = sweep_charts.parallel_coordinates(SPACE.parameters, trials)["data"]["values"]
    points = [row for row in rows if "trial" in row]
    assert len(points) == 6 * 3 and all(0 <= row["place"] <= 1 for row in rows)
    best = results.best(trials)
    assert best and {row["trial"] for row in points if row["group"] == "best"} == {best.number}
    top = {row["trial"] for row in points if row["axis"] == "validation accuracy" and row["place"] == 1}
    assert top == {5}  # a pruned one may have been better when it was given up
    assert {row["tick"] for row in rows if row["axis"] == "batch size" and "tick" in row} == {"32", "64"}
    assert "Grey and dashed: 4 of 6, given up early." in sweep_charts.parallel_sentence(trials)


def test_charts_without_trials_are_empty_not_broken() -> None:
    trials = [Trial(0, "waiting", {}), Trial(1, "failed", {"learning_rate": 1.0})]
    rows = sweep_charts.parallel_coordinates(SPACE.parameters, trials)["data"]["values"]
    assert not [row for row in rows if "trial" in row]
