"""Write a run's event files, for tensorboard --logdir."""

import argparse
from pathlib import Path

from mnist_core import environment
from mnist_core.cli import frame
from mnist_core.errors import InputError, LabError
from mnist_core.formatting import several
from mnist_core.runs import run_folders


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=frame.RUN)
    parser.add_argument("folder", type=Path, help="a new folder for them")


def command(options: argparse.Namespace) -> None:
    environment.check_training("TensorBoard")
    run, folder = run_folders.find(options.run), options.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder} cannot be made ({error.strerror}); choose another place.") from None
    if not is_empty:
        raise InputError(f"{folder} is not empty; name a new folder for the event files.")
    with frame.waiting("TensorFlow starts"), frame.native_notes_hidden():
        from mnist_core.training import event_files
    try:
        epochs = event_files.write_run(run, folder)
    except OSError as error:
        raise LabError(f"{folder} cannot be written ({error}); choose another place.") from None
    line = f"{several(epochs, 'epoch')} written; see them with: tensorboard --logdir {folder}"
    frame.show(options, {"run": run.id, "folder": str(folder), "epochs": epochs}, [line])
