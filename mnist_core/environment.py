"""What whoever runs the lab sets in the environment: where its files lie, and numbers."""

import math
import os
from pathlib import Path

from mnist_core.errors import InputError

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
