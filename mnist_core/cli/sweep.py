"""Try many settings in the engine; Ctrl-C stops and keeps what there is."""

import argparse
import dataclasses
import functools
import math
import sys
import time
from collections.abc import Iterator
from typing import Any

from mnist_core import environment
from mnist_core.access.actor import COMMAND_LINE
from mnist_core.checks import check_choice
from mnist_core.cli import frame, train
from mnist_core.config import recipes
from mnist_core.config.train_config import SETTINGS
from mnist_core.engine import connection, recovery
from mnist_core.engine.connection import EngineConnection
from mnist_core.engine.sweeps import results, sweep_folders, trial_tasks
from mnist_core.engine.sweeps.search_space import Space, in_words
from mnist_core.engine.sweeps.sweep import METHODS, SEED, TRIALS, Plan, Sweep, Trial
from mnist_core.errors import LabError
from mnist_core.formatting import percent

TICK_SECONDS = 0.5
USUAL_SPACE = ("learning_rate=0.0003..0.03:log", "batch_size=32,64,128")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recipe", default="quick", help="the recipe whose settings all trials share (default quick)")
    frame.add_data(parser, "mnist, digits-8x8, collection or a path", "mnist")
    parser.add_argument(
        "--space",
        action="append",
        metavar="SETTING=VALUES",
        help=f"what differs: a range or a list; may be given again (default {' '.join(USUAL_SPACE)})",
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="SETTING=VALUE", help="what all trials have, such as epochs=4"
    )
    parser.add_argument("--trials", type=int, default=20, help=f"how many trials, {TRIALS.words} (default 20)")
    parser.add_argument("--method", choices=METHODS, default=METHODS[0], help=f"default {METHODS[0]}")
    parser.add_argument("--no-pruning", dest="pruning", action="store_false", help="train every trial to its end")
    parser.add_argument("--seed", type=int, default=1, help=f"seed of the choice of settings, {SEED.words} (default 1)")
    parser.add_argument("--save-recipe", metavar="NAME", help="make the best trial a recipe, and keep its model")
    lines = (f"  {setting.name}: {train.in_words(setting)}" for setting in SETTINGS.values())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(["settings, besides network:", *lines])
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--list", action="store_true", help="list the sweeps instead")
    which.add_argument("--show", metavar="ID", help="show one that there is instead")
    which.add_argument("--stop", metavar="ID", help="stop one that goes on")


def command(options: argparse.Namespace) -> None:
    environment.check_training("A sweep")
    if options.list:
        rows = results.overview(sweep_folders.all_sweeps())
        frame.show(options, rows, map(_row_line, rows))
        return
    if options.save_recipe:
        recipes.check_name(options.save_recipe)
    if options.stop:
        sweep = sweep_folders.find(options.stop)
        sweep.stop(by=COMMAND_LINE)
    elif options.show:
        sweep = sweep_folders.find(options.show)
    else:
        engine = connection.EngineConnection()
        sweep = _start(engine, options)
        _wait(engine, sweep)
    trials = sweep.trials()
    frame.show(options, _as_json(sweep, trials), _lines(sweep, trials))
    if options.save_recipe:
        _save(sweep, options.save_recipe)


def _row_line(row: dict[str, Any]) -> str:
    accuracy = row["Best validation accuracy"]
    best = percent(math.nan if accuracy is None else accuracy / 100)
    return f"{row['Sweep']:52}{row['State']:9}{row['Trials']:>12}{best:>10}"


def _start(engine: EngineConnection, options: argparse.Namespace) -> Sweep:
    fixed = dict(text.partition("=")[::2] for text in options.set)
    for name in fixed:
        check_choice("setting", name, ("network", *SETTINGS))
    config = recipes.from_address({"recipe": options.recipe} | fixed)
    space = Space.parse(options.space or USUAL_SPACE)
    plan = Plan(config, space, options.trials, options.method, options.pruning, options.seed)
    dataset = frame.load_told(frame.data_name(options))
    print(f"Handing {plan.trials} trials of {config.recipe} on {dataset.title} to the engine …", file=sys.stderr)
    return trial_tasks.start(engine, plan, dataset)


def _wait(engine: EngineConnection, sweep: Sweep) -> None:
    """Shows progress until the sweep has ended, or was stopped and its last trial has ended."""
    trials = sweep.trials()
    layout, stop = "{l_bar}{bar}| {elapsed} {postfix}", functools.partial(sweep.stop, by=COMMAND_LINE)
    with frame.interrupt_stops(stop), frame.bar("Sweeping", len(trials), layout) as bar:
        while results.state(sweep, trials) in ("waiting", "running"):
            recovery.care_for_sweeps(engine)
            time.sleep(TICK_SECONDS)
            trials = sweep.trials()
            bar.set_postfix_str(results.sentence(sweep, trials), refresh=False)
            bar.update(sum(trial.ended for trial in trials) - bar.n)


def _lines(sweep: Sweep, trials: list[Trial]) -> Iterator[str]:
    for trial in trials:
        yield (
            f"{trial.number:>5} {trial.state:8}{percent(trial.accuracy):>9} after {trial.epoch} epochs, "
            f"{trial.seconds:.1f} s  {in_words(trial.settings)}".rstrip()
        )
    yield f"\nsweep {sweep.id}\n{results.sentence(sweep, trials)}"
    if shares := results.importances(sweep):
        yield f"{results.importance_sentence(shares)} {results.IMPORTANCE_METHOD}"


def _as_json(sweep: Sweep, trials: list[Trial]) -> dict[str, Any]:
    best = results.best(trials)
    return {
        "sweep": sweep.id,
        "state": results.state(sweep, trials),
        "best": best.number if best else None,
        "importances": results.importances(sweep),
        "trials": [
            dataclasses.asdict(trial) | {"accuracy": None if math.isnan(trial.accuracy) else trial.accuracy}
            for trial in trials
        ],
    }


def _save(sweep: Sweep, name: str) -> None:
    best = results.best(sweep.trials())
    if best is None:
        raise LabError("No trial went to its end, so there is no best one to make a recipe of.")
    results.recipe_of(sweep, best, name)
    print(f"recipe {name}, run {results.keep(sweep, best, name).id}", file=sys.stderr)
