"""Accuracy, loss, confusion matrix and report of a run."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mnist_core.cli import frame
from mnist_core.formatting import count, percent
from mnist_core.runs import run_folders

if TYPE_CHECKING:
    from mnist_core.evaluation.evaluation import Evaluation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=frame.RUN)
    frame.add_data(parser, f"judge it on {frame.LABELLED}, instead of its own test set")


def command(options: argparse.Namespace) -> None:
    from mnist_core.evaluation.evaluation import Evaluation

    run = run_folders.find(options.run)
    if name := frame.data_name(options):
        evaluation = frame.judge(run, frame.load_labelled(name, run))
    else:
        evaluation = Evaluation.load(run.evaluation_path)
    frame.show(options, {"run": run.id} | _as_json(evaluation), _lines(evaluation))


def _as_json(evaluation: "Evaluation") -> dict[str, Any]:
    from mnist_core.evaluation.evaluation import NORMALIZATIONS, REPORT_COLUMNS, REPORT_ROWS

    return {
        "accuracy": evaluation.accuracy,
        "loss": evaluation.loss,
        "images": len(evaluation.labels),
        "absent": list(evaluation.absent),
        "confusion": evaluation.normalized_confusion(NORMALIZATIONS[0]).tolist(),
        "report": {
            row: dict(zip(REPORT_COLUMNS, values, strict=True))
            for row, values in zip(REPORT_ROWS, evaluation.report.tolist(), strict=True)
        },
    }


def _lines(evaluation: "Evaluation") -> Iterator[str]:
    from mnist_core.evaluation.evaluation import REPORT_COLUMNS, REPORT_ROWS

    wrong = f"{count(len(evaluation.mistakes()))} of {count(len(evaluation.labels))} wrong"
    yield f"test accuracy {percent(evaluation.accuracy)}, loss {evaluation.loss:.4f}, {wrong}"
    yield "\nrows: true digit, columns: predicted digit"
    for digit, row in enumerate(evaluation.confusion):
        yield f"{digit:>3} " + "".join(f"{value:>6}" for value in row)
    yield "\n" + f"{'':>14}" + "".join(f"{name:>11}" for name in REPORT_COLUMNS)
    for name, values in zip(REPORT_ROWS, evaluation.report, strict=True):
        figures = (f"{value:>11.4f}" if values[3] else f"{'–':>11}" for value in values[:3])
        yield f"{name:>14}" + "".join(figures) + f"{values[3]:>11.0f}"
    if sentence := evaluation.absent_sentence():
        yield f"\n{sentence}"
