"""What whoever runs the lab sets in the environment: where its files lie, numbers, and what is logged."""

import logging
import math
import os
import sys
import warnings
from pathlib import Path

from mnist_core.errors import InputError

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
PRETRAINED = Path(__file__).parent.parent / "models" / "pretrained"


def home() -> Path:
    """Returns the folder of everything that users make: `$MNIST_HOME`, else `models/` in the checkout."""
    folder = os.environ.get("MNIST_HOME")
    return Path(folder).expanduser().absolute() if folder else PRETRAINED.parent


def number(name: str, default: float) -> float:
    """Returns the value of an environment variable, or the default where it is not set or empty.

    Raises:
        InputError: It is no number from 1 up.
    """
    text = os.environ.get(name, "")
    try:
        value = float(text or default)
    except ValueError:
        value = math.nan
    if not value >= 1:
        raise InputError(f"${name} is '{text}', but must be a number from 1 up; set it anew or leave it out.")
    return value


def set_up_process() -> None:
    """Prepares a process of the lab, before it imports TensorFlow; whoever starts one calls it.

    Raises:
        InputError: `$MNIST_LOG` is not the name of a level.
    """
    # TensorFlow's notes at its start help nobody in a class.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # Thousands of odd notes beside a picture must not fill the log.
    warnings.filterwarnings("ignore", module=r"PIL\.TiffImagePlugin")
    set_up_logging()


def set_up_logging() -> None:
    """Sends what the lab's modules log to stderr, from the level on that `$MNIST_LOG` names.

    Raises:
        InputError: It is not the name of a level.
    """
    lab = logging.getLogger(__package__)
    if not any(isinstance(handler, _ToStderr) for handler in lab.handlers):
        handler = _ToStderr()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        lab.addHandler(handler)
        lab.setLevel(logging.WARNING)
    name = os.environ.get("MNIST_LOG") or "WARNING"
    if name not in LEVELS:
        raise InputError(f"$MNIST_LOG is '{name}', but must be one of {', '.join(LEVELS)}; correct it or leave it out.")
    lab.setLevel(name)


class _ToStderr(logging.Handler):
    """Writes to what stderr is at the moment; a `StreamHandler` keeps what it was."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record."""
        try:
            print(self.format(record), file=sys.stderr, flush=True)
        except (OSError, ValueError):  # whoever read it is gone
            self.handleError(record)
