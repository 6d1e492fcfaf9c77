"""Write what a run did as a Jupyter notebook, or as a script, in plain Keras."""

import argparse
from pathlib import Path

from mnist_core.cli import frame
from mnist_core.runs import run_folders
from mnist_core.sharing import notebook


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=frame.RUN)
    parser.add_argument("file", type=Path, help="the file to write, .ipynb or .py")


def command(options: argparse.Namespace) -> None:
    run = run_folders.find(options.run)
    notebook.write(run, options.file)
    frame.show(options, {"run": run.id, "file": str(options.file)}, [f"{options.file} written"])
