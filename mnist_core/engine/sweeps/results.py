"""What came of a sweep: in words, as rows, what mattered, and the best trial kept as a model and a recipe."""

import dataclasses
import math
import secrets
import shutil
import warnings
from collections.abc import Callable
from typing import Any

from mnist_core import environment
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.config import recipes
from mnist_core.config.recipes import Recipe
from mnist_core.engine.sweeps.search_space import applied, called, in_words
from mnist_core.engine.sweeps.sweep import Sweep, Trial, load_optuna
from mnist_core.errors import InputError, not_written
from mnist_core.files import leftovers
from mnist_core.files.records import NewerError
from mnist_core.formatting import duration, moment, percent
from mnist_core.language import N_, gettext
from mnist_core.runs.run import Run

# What mattered cannot be told from fewer trials; and a quarter of them is what the best have in common.
FEW_TRIALS = 8
BEST_SHARE = 0.25
# How many trials ended other than by being done.
ENDINGS = {"pruned": N_("{number} given up early"), "stopped": N_("{number} stopped"), "failed": N_("{number} failed")}
IMPORTANCE_METHOD = N_(
    "Measured by PED-ANOVA: how much the values of a setting in the best quarter of the "
    "trials differ from those in all of them."
)


def title(sweep: Sweep) -> str:
    """Names a sweep for people: `simple-cnn on MNIST, 20 Nov 10:45:12`."""
    try:
        what = sweep.description()
        return gettext(
            "{recipe} on {data_title}, {created}",
            recipe=what.plan.config.recipe,
            data_title=what.data_title,
            created=moment(what.created),
        )
    except NewerError:
        return gettext("{id} (made by a newer lab)", id=sweep.id)
    except InputError:
        return gettext("{id} (incomplete)", id=sweep.id)


def state(sweep: Sweep, trials: list[Trial]) -> str:
    """Says in a word where a sweep stands: `waiting`, `running`, `stopped` or `done`."""
    if all(trial.ended for trial in trials):
        return "done"
    if any(trial.state == "running" for trial in trials):
        return "running"
    if sweep.stopped:
        return "stopped"
    return "running" if any(trial.ended for trial in trials) else "waiting"


def sentence(sweep: Sweep, trials: list[Trial]) -> str:
    """Says where a sweep stands: `12 of 20 trials, 7 given up early. Best validation accuracy: 99.1 % with ….`"""
    ended = [trial for trial in trials if trial.ended]
    words = gettext("{ended} of {trials} trials", ended=len(ended), trials=len(trials))
    counts = {said: sum(trial.state == name for trial in trials) for name, said in ENDINGS.items()}
    parts = [gettext(said, number=number) for said, number in counts.items() if number]
    sentences = [f"{', '.join([words, *parts])}."]
    if found := best(trials):
        sentences.append(
            gettext(
                "Best validation accuracy: {accuracy} with {settings}.",
                accuracy=percent(found.accuracy),
                settings=in_words(found.settings),
            )
        )
    match state(sweep, trials):
        case "waiting":
            sentences.append(gettext("It waits for its turn."))
        case "stopped":
            sentences.append(gettext("The sweep is stopped."))
        case "running" if left := seconds_left(trials):
            sentences.append(gettext("About {left} left.", left=duration(left)))
    return " ".join(sentences)


def progress(trials: list[Trial]) -> float:
    """Returns the share of the trials that have ended, 0 to 1."""
    return sum(trial.ended for trial in trials) / len(trials)


def seconds_left(trials: list[Trial]) -> float:
    """Estimates how long a sweep still takes, from the time that its trials took; 0 when unknown."""
    ended = [trial.wall_seconds for trial in trials if trial.ended and trial.wall_seconds > 0]
    running = [trial for trial in trials if trial.state == "running"]
    if not ended or not running:
        return 0.0
    each, waiting = sum(ended) / len(ended), sum(trial.state == "waiting" for trial in trials)
    under_way = sum(max(each - trial.wall_seconds, 0.0) for trial in running)
    return (waiting * each + under_way) / len(running)


def rows(trials: list[Trial], why: Callable[[Trial], str]) -> list[dict[str, Any]]:
    """Returns one row a trial for a table, without those that wait; `why` says why one ended as it did."""
    return [_row(trial, why(trial)) for trial in trials if trial.state != "waiting"]


def _row(trial: Trial, why: str) -> dict[str, Any]:
    accuracy = None if math.isnan(trial.accuracy) else 100 * trial.accuracy
    settings = {column(name): value for name, value in trial.settings.items()}
    figures = {"Validation accuracy": accuracy, "Epochs": trial.epoch, "Seconds": trial.seconds, "Why": why}
    return {"Trial": trial.number, "State": trial.state} | settings | figures


def column(setting: str) -> str:
    """In which column of the table a setting stands."""
    return setting.replace("_", " ").capitalize()


def overview(selection: list[Sweep]) -> list[dict[str, Any]]:
    return [_overview_row(sweep) for sweep in selection]


def _overview_row(sweep: Sweep) -> dict[str, Any]:
    row: dict[str, Any] = {"Sweep": sweep.id, "What": title(sweep)}
    try:
        trials = sweep.trials()
    except NewerError as error:
        return row | {"State": "newer", "Trials": str(error), "Best validation accuracy": None}
    except InputError as error:
        return row | {"State": "damaged", "Trials": str(error), "Best validation accuracy": None}
    found, ended = best(trials), sum(trial.ended for trial in trials)
    return row | {
        "State": state(sweep, trials),
        "Trials": gettext("{ended} of {trials}", ended=ended, trials=len(trials)),
        "Best validation accuracy": 100 * found.accuracy if found else None,
    }


def recipe_of(sweep: Sweep, trial: Trial, name: str, by: Actor = COMMAND_LINE) -> Recipe:
    """Saves the settings of a finished trial as a recipe, and keeps its model as a run.

    Raises InputError if the name cannot be used or the trial has no model, and LabError if something cannot be written.
    """
    recipes.check_name(name)
    keep(sweep, trial, name)
    what, plan = sweep.description(), sweep.plan()
    story = gettext(
        "Trial {number} of a sweep of {trials} from the recipe {recipe} on {data_title}: "
        "{settings}; validation accuracy {accuracy}.",
        number=trial.number,
        trials=plan.trials,
        recipe=plan.config.recipe,
        data_title=what.data_title,
        settings=in_words(trial.settings),
        accuracy=percent(trial.accuracy),
    )
    settings = applied(plan.config, trial.settings)
    return recipes.save(name, name.replace("-", " ").capitalize(), story, settings, by)


def best(trials: list[Trial]) -> Trial | None:
    """Returns the trial with the highest validation accuracy of those that went to their end."""
    return max((trial for trial in trials if trial.state == "done"), key=lambda trial: trial.accuracy, default=None)


def importances(sweep: Sweep) -> dict[str, float]:
    """How much each setting decided whether a trial came into the best quarter: shares that sum to 1, greatest first.

    PED-ANOVA (Watanabe, Bansal and Hutter, 2023) asks only which trials are in the best quarter. So one that was pruned
    can take part with the accuracy it had; one that failed or was stopped cannot. Empty with fewer than eight trials or
    where nothing differs.
    """
    optuna = load_optuna()
    judged = [trial for trial in sweep.study().get_trials(deepcopy=False) if trial.value is not None and trial.params]
    if len(judged) < FEW_TRIALS:
        return {}
    study = optuna.create_study(direction="maximize")
    for trial in judged:
        study.add_trial(
            optuna.trial.create_trial(params=trial.params, distributions=trial.distributions, value=trial.value)
        )
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=BEST_SHARE)
    with warnings.catch_warnings(action="ignore"):  # that there are too few, which an even split says as well
        found: dict[str, float] = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return found if sum(found.values()) > 0 else {}


def importance_sentence(importances: dict[str, float]) -> str:
    """Says how much each setting mattered, the greatest first."""
    parts = [
        gettext("{setting} {value}", setting=called(name), value=percent(share, 0))
        for name, share in importances.items()
    ]
    return gettext("What mattered most for a good trial: {parts}.", parts=", ".join(parts))


def keep(sweep: Sweep, trial: Trial, name: str) -> Run:
    """Copies a finished trial to the runs, where it can be judged and drawn with, under a recipe's name.

    A second time it is there already. Raises InputError if the trial has no model, and LabError if the folder cannot be
    written.
    """
    source = sweep.run(trial.number)
    if not source.has_model:
        raise InputError(
            gettext(
                "Trial {number} has no model, because it is {state}; choose one that is done.",
                number=trial.number,
                state=gettext(trial.state),
            )
        )
    target = environment.home() / "runs" / f"{sweep.id}-trial-{trial.number:03d}"
    if target.exists():
        return Run(target)
    # Beside the trials first: among the runs a half-copied folder would be shown as a damaged one.
    copy = sweep.folder / f"{leftovers.mark(leftovers.KEEPING)}{secrets.token_hex(4)}"
    try:
        shutil.copytree(source.folder, copy, ignore=shutil.ignore_patterns("*.lock", "checkpoint-before.npz"))
        described = Run(copy).description()
        config = dataclasses.replace(described.config, recipe=name)
        dataclasses.replace(described, config=config).save(copy / "config.json")
        target.parent.mkdir(parents=True, exist_ok=True)
        copy.rename(target)
    except OSError as error:
        shutil.rmtree(copy, ignore_errors=True)
        raise not_written(gettext("The trial's model cannot be copied to the runs"), error) from error
    return Run(target)
