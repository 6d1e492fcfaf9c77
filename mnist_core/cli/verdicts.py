"""How honest a model is: calibration, what it refuses."""

import argparse
import dataclasses
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mnist_core.cli import frame
from mnist_core.formatting import percent
from mnist_core.runs import run_folders

if TYPE_CHECKING:
    from mnist_core.evaluation.rejection import Honesty


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=frame.RUN)
    frame.add_data(parser, "judge on the test part of this data", "mnist")


def command(options: argparse.Namespace) -> None:
    from mnist_core.evaluation import rejection

    run, dataset = run_folders.find(options.run), frame.load_data(frame.data_name(options))
    classifier = frame.classifier_of(run, os.cpu_count())
    found = rejection.measure(classifier, dataset.test_images, dataset.test_labels, watch=frame.watch)
    frame.show(options, {"run": run.id} | dataclasses.asdict(found), _lines(found))


def _lines(found: "Honesty") -> Iterator[str]:
    from mnist_core.data.synthetic.non_digits import HELD_OUT

    yield f"accuracy {percent(found.accuracy)}, of what is not refused {percent(found.accuracy_of_answers)}"
    yield f"calibration error {percent(found.error_after)}, before calibration {percent(found.error_before)}"
    yield f"refused digits {percent(found.refused)}, as 'not a digit' {percent(found.not_a_digit)}\n"
    yield "refused of what is not a digit:"
    for kind, share in found.caught.items():
        yield f"{percent(share, 1):>8} {kind}{'' if kind in HELD_OUT else ' (a kind that models learn from)'}"
