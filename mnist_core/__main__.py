"""The program: `python -m mnist_core COMMAND`, and `digit-lab`. It must load nothing before it heeds Ctrl-C."""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

ENDED = 128  # what a shell adds to the number of the signal that ended a program


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the program as `cli.main` does; returns its exit code.

    Ctrl-C and SIGTERM end it without a word. While it loads, and when it has done its work, that is at once; a command
    clears up first.
    """
    # Whoever runs it in the background may have it ignore Ctrl-C.
    heeds_interrupts = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeds_interrupts:
        signal.signal(signal.SIGINT, _end_at_once)
    from mnist_core.cli import main

    if sys.stdout:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a file may have any name
    try:
        if heeds_interrupts:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, _end)
        return main(arguments)
    except KeyboardInterrupt:
        return ENDED + signal.SIGINT
    finally:
        if heeds_interrupts:
            signal.signal(signal.SIGINT, _end_at_once)


def _end_at_once(number: int, _: FrameType | None) -> None:
    os._exit(ENDED + number)


def _end(number: int, _: FrameType | None) -> None:
    sys.exit(ENDED + number)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
