"""How a measurement begins that somebody starts by its module's name."""

import sys
from collections.abc import Callable

from mnist_core.errors import LabError


def start(main: Callable[[], None]) -> None:
    """Runs a measurement; where the lab refuses something, its sentence ends it: code 2 for wrong input, or 1."""
    try:
        main()
    except LabError as error:
        print(error.with_place, file=sys.stderr)
        sys.exit(error.exit_code)
