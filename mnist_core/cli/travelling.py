"""Models that travel: to a file for others, and from a file of others."""

import argparse
import sys
from pathlib import Path
from typing import Any

from mnist_core.cli.frame import command, native_notes_hidden, print_json
from mnist_core.errors import InputError
from mnist_core.formatting import size
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders
from mnist_core.sharing import exporting


def add(commands: Any) -> None:
    """Adds the commands."""
    export = command(commands, "export", _export, "write a run's model as .keras, .tflite, .onnx or .capsule")
    export.add_argument("run", help="a run id, or the name of a shipped model")
    export.add_argument("file", type=Path, help="the file to write; its ending says of which kind")

    bring_in = command(commands, "import", _import, "make a run of a .capsule or .keras file, and judge it here")
    bring_in.add_argument("file", type=Path, help="a lab capsule, or a sequential model as Keras 3 saves it")
    bring_in.add_argument("--name", default="", help="what the run shall be called")


def _export(options: argparse.Namespace) -> None:
    run = run_folders.find(options.run)
    exporting.write(run, options.file)
    length = options.file.stat().st_size
    if options.json:
        print_json({"run": run.id, "file": str(options.file), "bytes": length})
    else:
        print(f"{options.file} written, {size(length)}")


def _import(options: argparse.Namespace) -> None:
    with native_notes_hidden():
        from mnist_core.sharing import importing
    try:
        source = options.file.open("rb")
    except OSError as error:
        raise InputError(f"{options.file} cannot be read ({error.strerror}); name a .capsule or .keras file.") from None
    print(f"Importing {options.file.name} …", file=sys.stderr)
    with source, native_notes_hidden():
        run = importing.bring_in(source, options.file.name, options.name)
    imported = run.description().imported
    assert imported
    sentence = status_words.imported(imported)
    if options.json:
        names = ("file", "claimed", "measured", "judged_on", "same_data")
        print_json({"run": run.id} | {name: getattr(imported, name) for name in names} | {"sentence": sentence})
    else:
        print(f"run {run.id}\n{sentence}")
