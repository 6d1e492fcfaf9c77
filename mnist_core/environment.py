"""Where the lab lies, in a checkout or installed; what can be set in the environment: its home, numbers, the log."""

import logging
import math
import os
import sys
import warnings
from importlib import resources, util
from pathlib import Path

from platformdirs import user_data_path

from mnist_core.errors import InputError, LabError

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
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


def data_folders() -> list[Path]:
    """Returns the folders of data that pages may read: that of the home, and those that `$MNIST_DATA_FOLDERS` adds."""
    more = os.environ.get("MNIST_DATA_FOLDERS", "").split(os.pathsep)
    return [home() / "data", *(Path(folder).expanduser().absolute() for folder in more if folder.strip())]


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
    """The value of an environment variable, from 1 up, or the default where it is not set or empty."""
    text = os.environ.get(name, "")
    try:
        value = float(text or default)
    except ValueError:
        value = math.nan
    if not value >= 1:
        raise InputError(f"${name} is '{text}', but must be a number from 1 up; correct it or leave it out.")
    return value


def set_up_process() -> None:
    """Prepares a process of the lab, before it imports TensorFlow; whoever starts one calls it."""
    # TensorFlow's notes at its start help nobody in a class.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow itself computes by oneDNN only where the processor has AVX-512 for neural networks. Elsewhere, as on
    # many laptops, oneDNN trains up to twice as fast, and without it there are no convolutions with channels first.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # Thousands of odd notes beside a picture must not fill the log.
    warnings.filterwarnings("ignore", module=r"PIL\.TiffImagePlugin")
    # Whose fonts it uses: that it has no folder of its own where the home cannot be written changes nothing.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    set_up_logging()


def set_up_logging() -> None:
    """Sends what the lab's modules log to stderr, from the level on that `$MNIST_LOG` names."""
    lab = logging.getLogger(__package__)
    if not any(isinstance(handler, _ToStderr) for handler in lab.handlers):
        handler = _ToStderr()
        handler.setFormatter(_Indented("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        lab.addHandler(handler)
        lab.setLevel(logging.WARNING)
    name = os.environ.get("MNIST_LOG") or "WARNING"
    if name not in LEVELS:
        raise InputError(f"$MNIST_LOG is '{name}', but must be one of {', '.join(LEVELS)}; correct it or leave it out.")
    lab.setLevel(name)


class _Indented(logging.Formatter):
    """Lets a message begin no line of its own, nor steer a terminal: it may repeat what a visitor sent."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is the base's
        return "\n    ".join(_printable(line) for line in super().formatMessage(record).split("\n"))


def _printable(line: str) -> str:
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line)


class _ToStderr(logging.Handler):
    """Writes to what stderr is at the moment; a `StreamHandler` keeps what it was."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            print(self.format(record), file=sys.stderr, flush=True)
        except (OSError, ValueError):  # whoever read it is gone
            self.handleError(record)
