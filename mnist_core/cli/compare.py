"""Two to ten models side by side, and whether differences are chance."""

import argparse
import dataclasses
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mnist_core.cli import frame
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help="run ids, or names of shipped models")
    frame.add_data(parser, f"judge all on {frame.LABELLED}; needed where their own test sets differ")


def command(options: argparse.Namespace) -> None:
    from mnist_core.evaluation.comparison import Comparison
    from mnist_core.evaluation.published import beside
    from mnist_core.presentation.tables.comparison import Column

    chosen = [run_folders.find(name) for name in options.runs]
    comparison = Comparison(tuple(_judge(chosen, frame.data_name(options))))
    columns = [Column(run.id, model_facts(run), _seconds(run)) for run in chosen]
    published = [beside(*both) for both in zip(chosen, comparison.evaluations, strict=True)]
    titles = (f"{name}  {run.id}: {summary.title(run)}" for name, run in zip(comparison.names, chosen, strict=True))
    lines = itertools.chain(titles, _table(comparison, columns), _sentences(comparison, published))
    frame.show(options, _as_json(comparison, columns, published), lines)


def _judge(chosen: list[Run], data: str) -> list["Evaluation"]:
    """Returns the runs' stored answers, or those to other data."""
    from mnist_core.evaluation.evaluation import Evaluation

    if not data:
        return [Evaluation.load(run.evaluation_path) for run in chosen]
    digits = frame.load_labelled(data, *chosen)
    return [frame.judge(run, digits) for run in chosen]


def _seconds(run: Run) -> float | None:
    """Returns the time for one image, or None where the model itself is lost and only its answers are there."""
    try:
        return prediction_seconds(frame.classifier_of(run))
    except LabError:
        return None


def _as_json(comparison: "Comparison", columns: list["Column"], published: list["Beside | None"]) -> dict[str, Any]:
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
    return {"images": len(comparison.labels), "models": models, "pairs": pairs, "all_wrong": nobody}


def _table(comparison: "Comparison", columns: list["Column"]) -> Iterator[str]:
    from mnist_core.presentation.tables.comparison import COUNTS, figures, interval_words

    rows = [
        ("Test accuracy", [percent(evaluation.accuracy) for evaluation in comparison.evaluations]),
        ("95 % interval", [interval_words(interval) for interval in comparison.intervals]),
        ("Loss", [f"{evaluation.loss:.4f}" for evaluation in comparison.evaluations]),
        *(
            (words, [_number(comparison, f"{kind}-{name}") for name in comparison.names])
            for kind, words in COUNTS.items()
        ),
        *figures(columns),
    ]
    yield f"\n{'':26}" + "".join(f"{name:>16}" for name in comparison.names)
    for words, cells in rows:
        yield f"{words:26}" + "".join(f"{cell:>16}" for cell in cells)
    yield ""


def _number(comparison: "Comparison", key: str) -> str:
    return count(len(comparison.groups[key].indices))


def _sentences(comparison: "Comparison", published: list["Beside | None"]) -> Iterator[str]:
    from mnist_core.evaluation.comparison import MOST_TESTED

    for pair in comparison.pairs:
        yield f"{pair.sentence} {pair.details}".rstrip()
    if not comparison.pairs:
        yield f"Differences are tested between up to {MOST_TESTED} models."
    yield f"{comparison.groups['none'].sentence}."
    for name, known in zip(comparison.names, published, strict=True):
        if known:
            otherwise = f"; other settings: {known.changes}" if known.changes else ""
            result = f"published {known.recipe.published}, measured here {known.measured}"
            yield f"{name}: {result}: {known.verdict}{otherwise}."
