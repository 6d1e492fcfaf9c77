"""Several models beside each other."""

import argparse
import dataclasses
from typing import TYPE_CHECKING, Any

from mnist_core.cli.frame import LABELLED, classifier_of, command, judge, load_labelled, print_json
from mnist_core.errors import LabError
from mnist_core.evaluation.model_cost import model_facts, prediction_seconds
from mnist_core.formatting import count, percent
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run import Run

if TYPE_CHECKING:
    from mnist_core.evaluation.comparison import Comparison
    from mnist_core.evaluation.evaluation import Evaluation
    from mnist_core.evaluation.published import Beside
    from mnist_core.presentation.tables.comparison import Column


def add(commands: Any) -> None:
    """Adds the command."""
    compared = command(
        commands, "compare", _compare, "two to ten models side by side, and whether differences are chance"
    )
    compared.add_argument("runs", nargs="+", metavar="RUN", help="run ids, or names of shipped models")
    compared.add_argument("--data", help=f"judge all on {LABELLED}; needed where their own test sets differ")


def _compare(options: argparse.Namespace) -> None:
    from mnist_core.evaluation.comparison import Comparison
    from mnist_core.evaluation.published import beside
    from mnist_core.presentation.tables.comparison import Column

    chosen = [run_folders.find(name) for name in options.runs]
    comparison = Comparison(tuple(_judge(chosen, options.data)))
    columns = [Column(run.id, model_facts(run), _seconds(run)) for run in chosen]
    published = [beside(*both) for both in zip(chosen, comparison.evaluations, strict=True)]
    if options.json:
        _print_json(comparison, columns, published)
        return
    for name, run in zip(comparison.names, chosen, strict=True):
        print(f"{name}  {run.id}: {summary.title(run)}")
    _print_table(comparison, columns)
    _print_sentences(comparison, published)


def _judge(chosen: list[Run], data: str | None) -> list["Evaluation"]:
    """Returns the runs' stored answers, or those to other data."""
    from mnist_core.evaluation.evaluation import Evaluation

    if data is None:
        return [Evaluation.load(run.evaluation_path) for run in chosen]
    digits = load_labelled(data, *chosen)
    return [judge(run, digits) for run in chosen]


def _seconds(run: Run) -> float | None:
    """Returns the time for one image, or None where the model itself is lost and only its answers are there."""
    try:
        return prediction_seconds(classifier_of(run))
    except LabError:
        return None


def _print_json(comparison: "Comparison", columns: list["Column"], published: list["Beside | None"]) -> None:
    names, groups = comparison.names, comparison.groups
    models = []
    for name, column, evaluation, interval, known in zip(
        names, columns, comparison.evaluations, comparison.intervals, published, strict=True
    ):
        judged = {"accuracy": evaluation.accuracy, "interval": interval, "loss": evaluation.loss}
        images = {"wrong": len(groups[f"wrong-{name}"].indices), "alone_right": groups[f"only-{name}"].indices.tolist()}
        costs = dataclasses.asdict(column.facts) | {"seconds_an_image": column.seconds}
        source = known and {"result": known.recipe.published, "verdict": known.verdict, "changes": known.changes}
        models.append({"name": name, "run": column.title} | judged | images | costs | {"published": source})
    pairs = [
        {
            "models": [names[model] for model in pair.models],
            "only_first": pair.only_first,
            "only_second": pair.only_second,
            "p": pair.p,
            "p_corrected": pair.corrected,
            "sentence": pair.sentence,
        }
        for pair in comparison.pairs
    ]
    nobody = groups["none"].indices.tolist()
    print_json({"images": len(comparison.labels), "models": models, "pairs": pairs, "all_wrong": nobody})


def _print_table(comparison: "Comparison", columns: list["Column"]) -> None:
    from mnist_core.presentation.tables.comparison import COUNTS, figures, interval_words

    rows = [
        ("Test accuracy", [percent(evaluation.accuracy) for evaluation in comparison.evaluations]),
        ("95 % interval", [interval_words(interval) for interval in comparison.intervals]),
        ("Loss", [f"{evaluation.loss:.4f}" for evaluation in comparison.evaluations]),
        *(
            (words, [_number(comparison, f"{kind}-{name}") for name in comparison.names])
            for words, kind in COUNTS.items()
        ),
        *figures(columns),
    ]
    print(f"\n{'':26}" + "".join(f"{name:>16}" for name in comparison.names))
    for words, cells in rows:
        print(f"{words:26}" + "".join(f"{cell:>16}" for cell in cells))
    print()


def _number(comparison: "Comparison", key: str) -> str:
    return count(len(comparison.groups[key].indices))


def _print_sentences(comparison: "Comparison", published: list["Beside | None"]) -> None:
    from mnist_core.evaluation.comparison import MOST_TESTED

    for pair in comparison.pairs:
        print(pair.sentence)
    if not comparison.pairs:
        print(f"Differences are tested between up to {MOST_TESTED} models.")
    print(f"{comparison.groups['none'].sentence}.")
    for name, known in zip(comparison.names, published, strict=True):
        if known:
            otherwise = f"; other settings: {known.changes}" if known.changes else ""
            result = f"published {known.recipe.published}, measured here {known.measured}"
            print(f"{name}: {result}: {known.verdict}{otherwise}.")
