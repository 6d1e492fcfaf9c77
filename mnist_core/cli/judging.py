"""Judging models, and asking them."""

import argparse
import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnist_core.checks import check_whole
from mnist_core.cli.frame import LABELLED, classifier_of, command, judge, load_data, load_labelled, print_json
from mnist_core.data import sources, stroke_files
from mnist_core.errors import InputError
from mnist_core.formatting import count, percent
from mnist_core.runs import run_folders

if TYPE_CHECKING:
    from mnist_core.inference.answer import Answer
    from mnist_core.inference.classifier import Classifier
    from mnist_core.inference.reading import Reading


def add(commands: Any) -> None:
    """Adds the commands."""
    evaluate = command(commands, "evaluate", _evaluate, "accuracy, loss, confusion matrix and report of a run")
    evaluate.add_argument("run", help="a run id, or the name of a shipped model")
    evaluate.add_argument("--data", help=f"judge it on {LABELLED}, instead of its own test set")

    classify = command(commands, "classify", _classify, "classify pictures or strokes, one JSON object a line")
    classify.add_argument("files", nargs="+", metavar="FILE", help="PNG or JPEG; with --strokes JSON lines, .gz too")
    classify.add_argument("--strokes", action="store_true", help='files hold {"strokes": [[[x, y], …], …]} lines')
    classify.add_argument("--model", default=run_folders.SHIPPED_MODEL, help="a run id or a shipped model")

    verdicts = command(commands, "verdicts", _verdicts, "how honest a model is: calibration, what it refuses")
    verdicts.add_argument("run", help="a run id, or the name of a shipped model")
    verdicts.add_argument("--data", default="mnist", help="judge on the test part of this data (default mnist)")

    ablate = command(commands, "ablate", _ablate, "what skipping each step of the preparation costs; kept with the run")
    ablate.add_argument("run", help="a run id, or the name of a shipped model")
    ablate.add_argument("--data", default="mnist", help="test digits for the pictures (default mnist)")
    ablate.add_argument("--strokes", help="drawings, of which those of the writers held back are used")
    ablate.add_argument("--number", type=int, default=2000, help="how many of each (default 2000)")


def _evaluate(options: argparse.Namespace) -> None:
    from mnist_core.evaluation.evaluation import NORMALIZATIONS, REPORT_COLUMNS, REPORT_ROWS, Evaluation

    run = run_folders.find(options.run)
    evaluation = judge(run, load_labelled(options.data, run)) if options.data else Evaluation.load(run.evaluation_path)
    if options.json:
        report = {
            row: dict(zip(REPORT_COLUMNS, values, strict=True))
            for row, values in zip(REPORT_ROWS, evaluation.report.tolist(), strict=True)
        }
        print_json(
            {
                "run": run.id,
                "accuracy": evaluation.accuracy,
                "loss": evaluation.loss,
                "images": len(evaluation.labels),
                "confusion": evaluation.normalized_confusion(NORMALIZATIONS[0]).tolist(),
                "report": report,
            }
        )
        return
    wrong = len(evaluation.mistakes())
    print(
        f"test accuracy {percent(evaluation.accuracy)}, loss {evaluation.loss:.4f}, {count(wrong)} of "
        f"{count(len(evaluation.labels))} wrong\n\nrows: true digit, columns: predicted digit"
    )
    for digit, row in enumerate(evaluation.confusion):
        print(f"{digit:>3} " + "".join(f"{value:>6}" for value in row))
    print("\n" + f"{'':>14}" + "".join(f"{name:>11}" for name in REPORT_COLUMNS))
    for name, values in zip(REPORT_ROWS, evaluation.report, strict=True):
        print(f"{name:>14}" + "".join(f"{value:>11.4f}" for value in values[:3]) + f"{values[3]:>11.0f}")


def _classify(options: argparse.Namespace) -> None:
    from mnist_core.inference import reading

    classifier = classifier_of(run_folders.find(options.model))
    for name in options.files:
        path = Path(name)
        if options.strokes:
            for line, value in stroke_files.read_lines(path):
                strokes = stroke_files.strokes_of_line(value, f"{path.name}, line {line}")
                print_json(_reading_row(reading.read_strokes(strokes, classifier)))
        else:
            print_json({"file": name} | _reading_row(_read_picture(path, classifier)))


def _reading_row(read: "Reading") -> dict[str, Any]:
    row = _answer_row(read.answer)
    if read.parts:
        row["number"] = read.number
        row["digits"] = [_answer_row(part.answer) | {"box": dataclasses.astuple(part.box)} for part in read.parts]
    return row


def _answer_row(answer: "Answer") -> dict[str, Any]:
    return {
        "digit": answer.digit,
        "probability": answer.probability,
        "probabilities": answer.probabilities,
        "verdict": answer.verdict,
    }


def _read_picture(path: Path, classifier: "Classifier") -> "Reading":
    from mnist_core.inference import reading

    try:
        return reading.read_picture(path.read_bytes(), classifier)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); expected a PNG or JPEG file.") from None
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def _verdicts(options: argparse.Namespace) -> None:
    from mnist_core.data.synthetic import non_digits
    from mnist_core.evaluation import rejection

    run, dataset = run_folders.find(options.run), load_data(options.data)
    classifier = classifier_of(run, os.cpu_count())
    found = rejection.measure(classifier, dataset.test_images, dataset.test_labels)
    if options.json:
        print_json({"run": run.id} | dataclasses.asdict(found))
        return
    print(f"accuracy {percent(found.accuracy)}, of what is not refused {percent(found.accuracy_of_answers)}")
    print(f"calibration error {percent(found.error_after)}, before calibration {percent(found.error_before)}")
    print(f"refused digits {percent(found.refused)}, as 'not a digit' {percent(found.not_a_digit)}\n")
    print("refused of what is no digit:")
    for kind, share in found.caught.items():
        print(
            f"{percent(share, 1):>8} {kind}{'' if kind in non_digits.HELD_OUT else ' (a kind that models learn from)'}"
        )


def _ablate(options: argparse.Namespace) -> None:
    from mnist_core.evaluation import ablation

    number = options.number
    check_whole("number of each", number, 1, 100_000)
    run, dataset, drawn = run_folders.find(options.run), load_data(options.data), None
    if options.strokes:
        drawn = sources.load_handwriting(options.strokes)
        if drawn is None:
            raise InputError(f"{options.strokes} holds no strokes; expected a .jsonl or .jsonl.gz file of drawings.")
        _, drawn = drawn.split()
    classifier = classifier_of(run, os.cpu_count())
    found = ablation.measure(
        classifier.probabilities,
        dataset.test_images[:number],
        dataset.test_labels[:number],
        drawn.strokes[:number] if drawn else (),
        drawn.labels[:number] if drawn else None,
    )
    found.save(run.folder / ablation.FILE_NAME)
    if options.json:
        print_json({"run": run.id} | dataclasses.asdict(found))
        return
    print(f"{'left out':18}{'pictures':>10}{'drawings':>10}")
    for name, accuracy in found.pictures.items():
        drawings = percent(found.strokes[name]) if found.strokes else "–"
        print(f"{'nothing' if name == ablation.ALL else name:18}{percent(accuracy):>10}{drawings:>10}")
