"""Train a finished run for more epochs, as a new run."""

import argparse

from mnist_core import environment
from mnist_core.cli import train
from mnist_core.config.train_config import SETTINGS
from mnist_core.runs import run_folders
from mnist_core.training import continuation, run_data


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help="the id of a run that has ended")
    rule = SETTINGS["epochs"].rule
    parser.add_argument("--epochs", type=int, required=True, help=f"how many more epochs, {rule.words}")


def command(options: argparse.Namespace) -> None:
    environment.check_training()
    before = run_folders.find(options.run)
    continuation.longer(before, options.epochs)
    dataset = run_data.data_of(before)
    train.in_foreground(options, dataset, lambda: continuation.create(before, options.epochs))
