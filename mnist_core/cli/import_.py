"""Make a run of a model's file of another lab or program, and judge it here."""

import argparse
import dataclasses
import sys
from pathlib import Path

from mnist_core.cli import frame
from mnist_core.errors import InputError
from mnist_core.presentation import status_words


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        type=Path,
        help="a lab capsule; a model of Keras (.keras, .h5; weights alone with --recipe), as ONNX or LiteRT (.tflite); "
        "or a zip file with one of these, or a model of TensorFlow.js",
    )
    parser.add_argument("--recipe", default="", help="whose layers it is for, if the file holds weights alone")
    parser.add_argument("--name", default="", help="what the run shall be called")
    parser.add_argument(
        "--pixels", help="the values that it expects, such as '0 to 255', or '0 to 1, dark ink on light'"
    )
    parser.add_argument(
        "--transposed", action=argparse.BooleanOptionalAction, help="whether it expects rows and columns exchanged"
    )
    parser.add_argument("--classes", help="the digit that each output means, such as 1234567890")


def command(options: argparse.Namespace) -> None:
    with frame.native_notes_hidden():
        from mnist_core.sharing import importing
        from mnist_core.sharing.inputs import Wish
    wish = Wish(options.pixels, options.transposed, options.classes)
    try:
        source = options.file.open("rb")
    except OSError as error:
        raise InputError(
            f"{options.file} cannot be read ({error.strerror}); name a capsule or a model's file."
        ) from None
    print(f"Importing {options.file.name} …", file=sys.stderr)
    with source, frame.waiting(f"Reading {options.file.name}") as on_step, frame.native_notes_hidden():
        run = importing.bring_in(
            source, options.file.name, options.name, on_step=on_step, wish=wish, recipe=options.recipe
        )
    imported = run.description().imported
    assert imported
    sentence = status_words.imported(imported)
    names = ("file", "claimed", "claimed_by", "measured", "judged_on", "same_data", "pixels", "transposed", "classes")
    value = {"run": run.id} | {name: getattr(imported, name) for name in names} | {"sentence": sentence}
    value["tried"] = [dataclasses.asdict(way) for way in imported.tried]
    frame.show(options, value, [f"run {run.id}\n{sentence}"])
