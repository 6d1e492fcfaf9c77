"""The command line, a file a command, named as the command is."""

import argparse
import errno
import logging
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from mnist_core import __version__, environment
from mnist_core.cli import (
    ablate,
    app,
    bench,
    classify,
    collection,
    compare,
    completion,
    continue_,
    data,
    delete,
    engine,
    evaluate,
    export,
    frame,
    import_,
    note,
    notebook,
    pause,
    predict,
    recipes,
    rename,
    report,
    restore,
    resume,
    runs,
    stop,
    sweep,
    tensorboard,
    train,
    verdicts,
)
from mnist_core.errors import LabError, is_of_disk, not_written
from mnist_core.files import home_record
from mnist_core.formatting import readable, suggestion

PROGRAM = "digit-lab"
# Of each module the docstring is the command's line in the help; they stand in this order.
COMMANDS = (
    *(train, continue_, pause, resume, stop, sweep, tensorboard),
    *(runs, rename, note, delete, restore, recipes),
    *(evaluate, classify, verdicts, ablate, predict, compare, report),
    *(export, notebook, import_, data, collection, engine, bench, completion),
)

# What only a path from outside can be: too long, or links in a circle.
NO_SUCH_PLACE = (errno.ENAMETOOLONG, errno.ELOOP)
LONGEST_PATH = 400

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code: 0, 1 for a failure, 2 for wrong input, 130 where Ctrl-C ended it.

    Args:
        arguments: The command and what it takes; by default those of the program, which alone serves the app.
    """
    try:
        try:
            return _run(arguments)
        finally:
            # What a pipe or a disk does not take must be known while something can be said, and not at exit.
            if sys.stdout:
                sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output (such as `head`) has had enough
        _let_go_of_output()
        return 0
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        _let_go_of_output()
        if not is_of_disk(error) and error.errno not in NO_SUCH_PLACE:
            return _own_error(error)
        logger.info("The disk refuses what a command wants", exc_info=True)
        # What has no name is what the program prints into.
        name = readable(error.filename or "The output", LONGEST_PATH)
        if is_of_disk(error):
            print(not_written(f"{name} cannot be used", error), file=sys.stderr)
        else:
            print(f"{name} cannot be used ({error.strerror}); choose another place.", file=sys.stderr)
        return 1
    except Exception as error:  # nobody thought of it, so whoever repairs it needs to see where it came from
        return _own_error(error)


def _run(arguments: Sequence[str] | None) -> int:
    if arguments is None and sys.argv[1:] in ([], [app.NO_TOKEN]) and not completion.is_asked():
        app.serve(with_token=len(sys.argv) == 1)
        return 0
    parser = _parser()
    if completion.is_asked():
        completion.answer(parser)
    options = parser.parse_args(arguments)
    try:
        environment.set_up_process()
        home_record.use()
        options.command(options)
        home_record.use()  # a home that was made meanwhile
    except LabError as error:
        logger.info("The command cannot be carried out", exc_info=True)
        print(error.with_place, file=sys.stderr)
        return error.exit_code
    return 0


def _let_go_of_output() -> None:
    """Sees to it that at exit nothing is written any more to an output that takes nothing."""
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _own_error(error: Exception) -> int:
    logger.exception("The command ended with an error")
    print(f"The lab has an error of its own, {error!r}; the lines above say where.", file=sys.stderr)
    return 1


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments, as all the lab's errors do."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with exit code 2."""
        misspelt = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
        near = suggestion(misspelt[1], re.findall(r"'([^']*)'", misspelt[2])) if misspelt else ""
        self.exit(2, f"{message[0].upper()}{message[1:]}; see '{self.prog} --help'.{near}\n")


def _parser() -> argparse.ArgumentParser:
    program = PROGRAM if Path(sys.argv[0]).stem == PROGRAM else "python -m mnist_core"
    parser = _Parser(prog=program, description=f"Digit Lab on the command line; '{PROGRAM}' alone serves the app.")
    parser.add_argument(
        app.NO_TOKEN,
        action="store_true",
        help="alone: serves the app without a link for the teacher",
    )
    parser.add_argument("--version", action="version", version=f"Digit Lab {__version__}")
    parser.set_defaults(json=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        name = module.__name__.rpartition(".")[2].removesuffix("_")  # Python reserves `continue` and `import`
        module.add_arguments(frame.command(commands, name, module.command, module.__doc__ or ""))
    return parser
