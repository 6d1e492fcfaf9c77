"""Write a run's model as .keras, .tflite, .onnx or .capsule, all as .zip, or .html that answers by itself."""

import argparse
from pathlib import Path

from mnist_core.cli import frame
from mnist_core.formatting import size
from mnist_core.runs import run_folders
from mnist_core.sharing import exporting, model_package


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=frame.RUN)
    parser.add_argument("file", type=Path, help="the file to write; its ending says of which kind")
    parser.add_argument(
        "--license",
        choices=model_package.LICENSES,
        default="",
        metavar="ID",
        help="what others may do with a model of your own, written on the card of a .zip: "
        f"{', '.join(model_package.LICENSES)} (default: the card says that nobody has said it)",
    )


def command(options: argparse.Namespace) -> None:
    run = run_folders.find(options.run)
    with frame.waiting(f"Making {options.file.name}"):
        exporting.write(run, options.file, options.license)
    length = options.file.stat().st_size
    value = {"run": run.id, "file": str(options.file), "bytes": length}
    frame.show(options, value, [f"{options.file} written, {size(length)}"])
