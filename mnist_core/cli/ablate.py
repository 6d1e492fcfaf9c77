"""What skipping each step of the preparation costs; kept with the run."""

import argparse
import dataclasses
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mnist_core.checks import Whole
from mnist_core.cli import frame
from mnist_core.data import sources
from mnist_core.errors import InputError
from mnist_core.formatting import percent
from mnist_core.runs import run_folders

if TYPE_CHECKING:
    from mnist_core.evaluation.ablation import Ablation

NUMBER = Whole("number of each", 1, 100_000)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=frame.RUN)
    frame.add_data(parser, "test digits for the pictures", "mnist")
    parser.add_argument("--strokes", help="drawings, of which those of the writers held back are used")
    parser.add_argument("--number", type=int, default=2000, help=f"how many of each, {NUMBER.words} (default 2000)")


def command(options: argparse.Namespace) -> None:
    from mnist_core.evaluation import ablation

    number = options.number
    NUMBER.check(number)
    run, dataset, drawn = run_folders.find(options.run), frame.load_data(frame.data_name(options)), None
    if options.strokes:
        drawn = sources.load_handwriting(options.strokes)
        if drawn is None:
            raise InputError(f"{options.strokes} holds no strokes; expected a .jsonl or .jsonl.gz file of drawings.")
        _, drawn = drawn.split()
    found = ablation.measure(
        frame.classifier_of(run, os.cpu_count()).probabilities,
        dataset.test_images[:number],
        dataset.test_labels[:number],
        drawn.strokes[:number] if drawn else (),
        drawn.labels[:number] if drawn else None,
        watch=frame.watch,
    )
    frame.show(options, {"run": run.id} | dataclasses.asdict(found), _lines(found))
    found.keep(run)  # what was measured is said even where it cannot be kept


def _lines(found: "Ablation") -> Iterator[str]:
    from mnist_core.evaluation import ablation

    yield f"{'left out':18}{'pictures':>10}{'drawings':>10}"
    for name, accuracy in found.pictures.items():
        drawings = percent(found.strokes[name]) if found.strokes else "–"
        yield f"{'nothing' if name == ablation.ALL else name:18}{percent(accuracy):>10}{drawings:>10}"
