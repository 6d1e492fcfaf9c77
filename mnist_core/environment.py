"""Where the lab lies, in a checkout or installed; what can be set in the environment: the home folder, and numbers."""

import math
import os
from importlib import resources, util
from pathlib import Path

from platformdirs import user_data_path

from mnist_core.errors import InputError, LabError

PACKAGE = Path(str(resources.files("mnist_core")))
# A wheel has app.py, pages/, .streamlit/ and models/pretrained/ in the package, laid out as they are in a checkout.
PACKED = PACKAGE / "_app"
IN_CHECKOUT = not PACKED.is_dir()
ROOT = PACKAGE.parent if IN_CHECKOUT else PACKED
APP = ROOT / "app.py"
PRETRAINED = ROOT / "models" / "pretrained"


def home() -> Path:
    """Returns the folder of everything that users make.

    That is `$MNIST_HOME`, else `models/` in a checkout, and what the system has for a program's data where the lab is
    installed.
    """
    if folder := os.environ.get("MNIST_HOME"):
        return Path(folder).expanduser().absolute()
    return PRETRAINED.parent if IN_CHECKOUT else user_data_path("digit-lab", appauthor=False)


def for_python() -> dict[str, str]:
    """Returns the environment of a Python that runs a module of the lab, whatever folder it starts in.

    It takes no module from that folder, which may hold a `json.py` of somebody's.
    """
    found = {"PYTHONSAFEPATH": "1"}
    if IN_CHECKOUT:
        found["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return os.environ | found


def can_train() -> bool:
    """Whether what trains was installed with the lab."""
    return util.find_spec("tensorflow") is not None


def check_training(what: str = "Training") -> None:
    """Raises LabError where the lab was installed without what trains."""
    if not can_train():
        raise LabError(f"{what} needs TensorFlow, which is not installed here; install digit-lab[train].")


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
