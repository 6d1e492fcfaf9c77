"""Write a run's model as .keras, .tflite, .onnx or .capsule, or all as .zip with a program that reads pictures."""

import argparse
from pathlib import Path

from mnist_core.cli import frame
from mnist_core.formatting import size
from mnist_core.runs import run_folders
from mnist_core.sharing import exporting


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=frame.RUN)
    parser.add_argument("file", type=Path, help="the file to write; its ending says of which kind")


def command(options: argparse.Namespace) -> None:
    run = run_folders.find(options.run)
    exporting.write(run, options.file)
    length = options.file.stat().st_size
    value = {"run": run.id, "file": str(options.file), "bytes": length}
    frame.show(options, value, [f"{options.file} written, {size(length)}"])
