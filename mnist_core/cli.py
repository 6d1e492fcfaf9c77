"""The command line: a thin layer over the functions that the pages use."""

import argparse
import contextlib
import dataclasses
import gzip
import json
import math
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from filelock import Timeout

from mnist_core import datasets, engine, files, handwriting, runs
from mnist_core.checks import check_whole
from mnist_core.config import RECIPES, SETTINGS, TrainConfig, from_address
from mnist_core.datasets import Dataset, MissingDataError
from mnist_core.errors import InputError, LabError
from mnist_core.layers import count_parameters
from mnist_core.phrases import count, duration, percent
from mnist_core.runs import Run, Status

if TYPE_CHECKING:
    from mnist_core.inference import Answer, Classifier
    from mnist_core.reading import Reading


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code: 0, 1 for a failure, 2 for wrong input."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read the output (such as `head`) has had enough; nothing more can be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    return 0


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments, as all the lab's errors do."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with exit code 2."""
        self.exit(2, f"{message[0].upper()}{message[1:]}; see '{self.prog} --help'.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m mnist_core", description="Digit Lab on the command line.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = _command(commands, "train", _train, "train in the foreground; Ctrl-C keeps what there is")
    train.add_argument("--data", default="mnist", help="mnist, digits-8x8, collection or a path (default mnist)")
    train.add_argument("--recipe", default="quick", help=f"one of {', '.join(RECIPES)} (default quick)")
    train.add_argument("--network", help="other layers, such as conv:16:3:relu,maxpool:2,flatten,dense:10:softmax")
    for name in SETTINGS:
        words = name.replace("_", " ")
        train.add_argument(f"--{words.replace(' ', '-')}", dest=name, help=f"{words} (default: the recipe's)")

    evaluate = _command(commands, "evaluate", _evaluate, "accuracy, loss, confusion matrix and report of a run")
    evaluate.add_argument("run", help="a run id, or the name of a shipped model")
    evaluate.add_argument("--data", help="judge it on the test part of this data instead of its own")

    classify = _command(commands, "classify", _classify, "classify pictures or strokes, one JSON object a line")
    classify.add_argument("files", nargs="+", metavar="FILE", help="PNG or JPEG; with --strokes JSON lines, .gz too")
    classify.add_argument("--strokes", action="store_true", help='files hold {"strokes": [[[x, y], …], …]} lines')
    classify.add_argument("--model", default=runs.SHIPPED_MODEL, help="a run id or a shipped model")

    verdicts = _command(commands, "verdicts", _verdicts, "how honest a model is: calibration, what it refuses")
    verdicts.add_argument("run", help="a run id, or the name of a shipped model")
    verdicts.add_argument("--data", default="mnist", help="judge on the test part of this data (default mnist)")

    ablate = _command(
        commands, "ablate", _ablate, "what skipping each step of the preparation costs; kept with the run"
    )
    ablate.add_argument("run", help="a run id, or the name of a shipped model")
    ablate.add_argument("--data", default="mnist", help="test digits for the pictures (default mnist)")
    ablate.add_argument("--strokes", help="drawings, of which those of the writers held back are used")
    ablate.add_argument("--number", type=int, default=2000, help="how many of each (default 2000)")

    _command(commands, "recipes", _recipes, "list the recipes")
    _command(commands, "runs", _runs, "list the runs, the newest first, and the shipped models")

    data = _command(commands, "data", _data, "list the data, or fetch and describe one")
    data.add_argument("name", nargs="?", help="mnist (downloaded if it is not here), digits-8x8 or a path")

    collection = _command(commands, "collection", _collection, "count the drawings that people labelled")
    verbs = collection.add_subparsers(metavar="[export|delete]")
    export = _command(verbs, "export", _export_collection, "write the drawings as data that the lab reads")
    export.add_argument("file", metavar="FILE", help="a new file named .jsonl.gz or .jsonl")
    remove = _command(verbs, "delete", _delete_drawings, "delete drawings for good")
    which = remove.add_mutually_exclusive_group(required=True)
    which.add_argument("--id", type=int, action="append", metavar="NUMBER", help="this drawing; may be given again")
    which.add_argument("--all", action="store_true", help="all of them")
    remove.add_argument("--yes", action="store_true", help="really do it")

    serve = _command(commands, "engine", _engine, "run the engine in the foreground")
    serve.add_argument("--idle", type=float, default=engine.IDLE_SECONDS, help="end after so many idle seconds")
    return parser


def _command(commands: Any, name: str, function: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(command=function)
    return parser


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))


def _load(name: str) -> Dataset:
    """Loads data; MNIST that is not on this machine is downloaded with a progress bar."""
    try:
        return datasets.load(name)
    except MissingDataError:
        _download()
        return datasets.load(name)


def _download() -> None:
    from tqdm import tqdm

    from mnist_core.download import download_mnist

    with tqdm(desc="MNIST", unit="B", unit_scale=True, leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total or None
            bar.update(done - bar.n)

        download_mnist(show)


def _train(options: argparse.Namespace) -> None:
    named = {name: getattr(options, name) for name in ("recipe", "network", *SETTINGS)}
    config = from_address({name: value for name, value in named.items() if value is not None})
    dataset = _load(options.data)
    config, reference = datasets.settle(config, dataset)  # what is missing is wrong input, not a failed run
    print(f"Training {config.recipe} on {dataset.title} …", file=sys.stderr)
    with _native_notes_hidden():
        import mnist_core.training  # noqa: F401 — seconds to load; a Ctrl-C in them leaves nothing behind
    run = runs.create(config, reference)
    try:
        with run.lock():
            status = _train_with_bar(config, dataset, run)
    except Timeout:
        raise LabError(f"The engine has taken the run {run.id} up; the Train page shows it.") from None
    if status.state == "failed":
        raise LabError(status.reason)
    result = {
        "run": run.id,
        "state": status.state,
        "test_accuracy": status.test_accuracy,
        "test_loss": status.test_loss,
        "epochs": status.epoch,
        "seconds": round(status.seconds, 2),
        "parameters": count_parameters(config.layers),
    }
    if options.json:
        _print_json(result)
    else:
        print(status.reason or f"Trained {status.epoch} epochs in {duration(status.seconds)}.")
        print(f"run {run.id}")
        print(f"test accuracy {percent(status.test_accuracy)}, loss {status.test_loss:.4f} on {dataset.title}")


def _train_with_bar(config: TrainConfig, dataset: Dataset, run: Run) -> Status:
    from tqdm import tqdm

    from mnist_core import training

    with tqdm(total=1000, bar_format="{l_bar}{bar}| {elapsed} {postfix}", leave=False) as bar:

        def show(status: Status) -> None:
            bar.set_postfix_str(f"epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}", refresh=False)
            bar.update(round(1000 * status.progress) - bar.n)

        with _InterruptStops(run):
            return training.train(config, dataset, run, show)


@contextlib.contextmanager
def _native_notes_hidden() -> Iterator[None]:
    """Hides what TensorFlow and LiteRT write past Python when they load; the lab's errors are one line on stderr."""
    sys.stderr.flush()
    saved = os.dup(2)
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


class _InterruptStops:
    """While this is entered, the first Ctrl-C asks the run to stop and keep; a second one ends the program."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __enter__(self) -> None:
        self._previous = signal.signal(signal.SIGINT, self._stop)

    def _stop(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._previous)
        self._run.request("stop")

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._previous)


def _evaluate(options: argparse.Namespace) -> None:
    from mnist_core.evaluation import NORMALISATIONS, REPORT_COLUMNS, REPORT_ROWS, Evaluation
    from mnist_core.inference import Classifier

    run = runs.find(options.run)
    if options.data:
        dataset = _load(options.data)
        with _native_notes_hidden():
            classifier = Classifier(run.model_path, os.cpu_count())
        probabilities = classifier.probabilities(dataset.test_images)
        evaluation = Evaluation.measure(probabilities, dataset.test_labels, dataset.identity)
    else:
        evaluation = Evaluation.load(run.evaluation_path)
    if options.json:
        report = {
            row: dict(zip(REPORT_COLUMNS, values, strict=True))
            for row, values in zip(REPORT_ROWS, evaluation.report.tolist(), strict=True)
        }
        _print_json(
            {
                "run": run.id,
                "accuracy": evaluation.accuracy,
                "loss": evaluation.loss,
                "images": len(evaluation.labels),
                "confusion": evaluation.normalised_confusion(NORMALISATIONS[0]).tolist(),
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
    from mnist_core import reading
    from mnist_core.inference import Classifier

    with _native_notes_hidden():
        classifier = Classifier(runs.find(options.model).model_path)
    for name in options.files:
        path = Path(name)
        if options.strokes:
            for line, value in handwriting.read_lines(path):
                strokes = handwriting.strokes_of_line(value, f"{path.name}, line {line}")
                _print_json(_reading_row(reading.read_strokes(strokes, classifier)))
        else:
            _print_json({"file": name} | _reading_row(_read_picture(path, classifier)))


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
    from mnist_core import reading

    try:
        return reading.read_picture(path.read_bytes(), classifier)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); expected a PNG or JPEG file.") from None
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def _verdicts(options: argparse.Namespace) -> None:
    from mnist_core import nondigits, verdicts
    from mnist_core.inference import Classifier

    run, dataset = runs.find(options.run), _load(options.data)
    with _native_notes_hidden():
        classifier = Classifier(run.model_path, os.cpu_count())
    found = verdicts.measure(classifier, dataset.test_images, dataset.test_labels)
    if options.json:
        _print_json({"run": run.id} | dataclasses.asdict(found))
        return
    print(f"accuracy {percent(found.accuracy)}, of what is not refused {percent(found.accuracy_of_answers)}")
    print(f"calibration error {percent(found.error_after)}, before calibration {percent(found.error_before)}")
    print(f"refused digits {percent(found.refused)}, as 'not a digit' {percent(found.not_a_digit)}\n")
    print("refused of what is no digit:")
    for kind, share in found.caught.items():
        print(
            f"{percent(share, 1):>8} {kind}{'' if kind in nondigits.HELD_OUT else ' (a kind that models learn from)'}"
        )


def _ablate(options: argparse.Namespace) -> None:
    from mnist_core import ablation
    from mnist_core.inference import Classifier

    number = options.number
    check_whole("number of each", number, 1, 100_000)
    run, dataset, drawn = runs.find(options.run), _load(options.data), None
    if options.strokes:
        drawn = datasets.load_handwriting(options.strokes)
        if drawn is None:
            raise InputError(f"{options.strokes} holds no strokes; expected a .jsonl or .jsonl.gz file of drawings.")
        _, drawn = drawn.split()
    with _native_notes_hidden():
        classifier = Classifier(run.model_path, os.cpu_count())
    found = ablation.measure(
        classifier.probabilities,
        dataset.test_images[:number],
        dataset.test_labels[:number],
        drawn.strokes[:number] if drawn else (),
        drawn.labels[:number] if drawn else None,
    )
    found.save(run.folder)
    if options.json:
        _print_json({"run": run.id} | dataclasses.asdict(found))
        return
    print(f"{'left out':18}{'pictures':>10}{'drawings':>10}")
    for name, accuracy in found.pictures.items():
        drawings = percent(found.strokes[name]) if found.strokes else "–"
        print(f"{'nothing' if name == ablation.ALL else name:18}{percent(accuracy):>10}{drawings:>10}")


def _recipes(options: argparse.Namespace) -> None:
    if options.json:
        _print_json(
            {name: recipe.config.to_json() | {"published": recipe.published} for name, recipe in RECIPES.items()}
        )
        return
    for name, recipe in RECIPES.items():
        published = f"published: {recipe.published}" if recipe.published else "the lab's own"
        print(f"{name:22}{count(count_parameters(recipe.config.layers)):>10} parameters, {published}")
        print(f"    {recipe.description}")


def _runs(options: argparse.Namespace) -> None:
    rows = [_run_row(run) for run in [*runs.all_runs(), *runs.shipped_runs()]]
    if options.json:
        _print_json(rows)
        return
    for row in rows:
        print(
            f"{row['run']:52}{row['state']:9}{percent(row['test_accuracy'] or math.nan):>9}  {row['reason']}".rstrip()
        )


def _run_row(run: Run) -> dict[str, Any]:
    status = run.status()
    known = not math.isnan(status.test_accuracy)
    return {
        "run": run.id,
        "state": status.state,
        "reason": status.reason,
        "epoch": status.epoch,
        "epochs": status.epochs,
        "seconds": status.seconds,
        "test_accuracy": status.test_accuracy if known else None,
        "test_loss": status.test_loss if known else None,
    }


def _data(options: argparse.Namespace) -> None:
    if options.name:
        dataset = _load(options.name)
        described = {part: datasets.describe(*arrays) for part, arrays in dataset.parts().items()}
        if options.json:
            _print_json(
                dataset.reference()
                | {"source": dataset.source}
                | {
                    part: {"images": what.images, "digits": what.class_counts.tolist()}
                    for part, what in described.items()
                }
            )
            return
        print(f"{dataset.title}: {dataset.source}\nSHA-256 of its pixels and labels {dataset.identity}")
        for part, what in described.items():
            print(f"{part}: {count(what.images)} images, of each digit {', '.join(map(str, what.class_counts))}")
        return
    path = datasets.find_mnist()
    places = {
        "mnist": str(path) if path else "not here; 'python -m mnist_core data mnist' downloads it (11 MB)",
        "digits-8x8": "bundled with scikit-learn, needs no network",
        "collection": "the drawings that people labelled in this lab",
    }
    if options.json:
        _print_json(places)
    else:
        for name, place in places.items():
            print(f"{name:12}{place}")
        print(f"{'PATH':12}an .npz as Keras has it, a folder of IDX files, Kaggle's train.csv, strokes as .jsonl.gz")


def _collection(options: argparse.Namespace) -> None:
    from mnist_core.collection import NO_DRAWINGS, Collection

    counts = Collection().counts()
    if options.json:
        _print_json({"drawings": int(counts.sum()), "digits": counts.tolist()})
    elif counts.any():
        print(f"{_drawings(int(counts.sum()))}, of each digit {', '.join(map(count, counts.tolist()))}")
    else:
        print(NO_DRAWINGS)


def _export_collection(options: argparse.Namespace) -> None:
    from mnist_core.collection import NO_DRAWINGS, Collection

    path = Path(options.file)
    if not path.name.endswith(handwriting.SUFFIXES):
        raise InputError(f"{path.name} is no name for drawings; give it the ending .jsonl.gz, or .jsonl.")
    content = Collection().export()
    lines = gzip.decompress(content)
    if not lines:
        raise InputError(NO_DRAWINGS)
    try:
        files.write_bytes(path, content if path.suffix == ".gz" else lines)
    except OSError as error:
        raise LabError(f"{path} cannot be written ({error.strerror}); choose another place.") from None
    number = lines.count(b"\n")
    if options.json:
        _print_json({"file": str(path), "drawings": number})
    else:
        print(f"{_drawings(number)} written to {path}")


def _delete_drawings(options: argparse.Namespace) -> None:
    from mnist_core.collection import Collection

    collection = Collection()
    if not options.yes:
        number = collection.count() if options.all else len(options.id)
        raise InputError(f"This deletes {_drawings(number)} for good; add --yes to do it.")
    gone = collection.clear() if options.all else collection.delete(options.id)
    if not gone and not options.all:
        raise InputError(
            f"There is no drawing {', '.join(map(str, options.id))}; the Explore page shows their numbers."
        )
    if options.json:
        _print_json({"deleted": gone})
    else:
        print(f"{_drawings(gone)} deleted")


def _drawings(number: int) -> str:
    return f"{count(number)} drawing{'' if number == 1 else 's'}"


def _engine(options: argparse.Namespace) -> None:
    engine.serve(options.idle)
