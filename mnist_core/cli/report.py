"""Write a run's report: settings, curves, matrix, mistakes, calibration."""

import argparse
from pathlib import Path

import numpy as np

from mnist_core.cli import frame
from mnist_core.errors import InputError, LabError
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.files import atomic, folders
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=frame.RUN)
    frame.add_data(parser, f"judge it on {frame.LABELLED}, instead of its own test set")
    parser.add_argument(
        "--output",
        action="append",
        type=Path,
        metavar="FILE",
        help="an .html or .pdf file; may be given again (default RUN.html in this folder)",
    )


def command(options: argparse.Namespace) -> None:
    from mnist_core.presentation import report  # the charts: an engine's start would wait for them

    run = run_folders.find(options.run)
    paths = options.output or [Path(f"{run.id}.html")]
    for path in paths:
        _check(path)
    evaluation, images, data = _judged(run, frame.data_name(options))
    with frame.waiting("Putting the report together") as say:
        content = report.gather(run, evaluation, images, data)
        for path in paths:
            say(f"Writing {path.name}")
            _write(path, report.render(content, _format(path)))
    files = [str(path) for path in paths]
    frame.show(options, {"run": run.id, "files": files}, files)


def _write(path: Path, content: bytes) -> None:
    try:
        atomic.write_bytes(path, content)
    except OSError as error:
        raise LabError(f"{path} cannot be written ({error.strerror or error}); choose another place.") from None


def _format(path: Path) -> str:
    return path.suffix.removeprefix(".").lower()


def _check(path: Path) -> None:
    from mnist_core.presentation import report

    if _format(path) not in report.FORMATS or folders.is_folder(path):
        raise InputError(f"{path} is not a file that ends in .html or .pdf; name one that does.")
    if not folders.is_folder(path.absolute().parent):
        raise InputError(f"There is no folder {path.parent} to write {path.name} into; make it first.")


def _judged(run: Run, data: str) -> tuple[Evaluation, np.ndarray | None, str]:
    """Returns an evaluation with its images, where they are on this machine, and what the data is called."""
    from mnist_core.evaluation import judging

    if not data:
        evaluation = Evaluation.load(run.evaluation_path)
        own = judging.own_dataset(run)
        return evaluation, own.test_images if own and own.identity == evaluation.identity else None, ""
    digits = frame.load_labelled(data, run)
    return frame.judge(run, digits), digits.images, digits.title
