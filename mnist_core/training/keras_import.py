"""Loads Keras and TensorFlow, the first seconds of every trainer, without what the lab does not use of them."""

import gc
import importlib
import sys

# Keras loads these where they are installed, for wrappers, tables and plots of its own: a third of its time to load.
UNUSED = ("matplotlib", "pandas", "sklearn")


def load() -> None:
    """Loads Keras with TensorFlow; what it does without can be imported afterwards as always."""
    if "keras" in sys.modules:
        return
    absent = [name for name in UNUSED if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # an import of it fails, as where it is not installed
    collects = gc.isenabled()
    gc.disable()  # hardly any of the objects that are made is garbage; looking for some is a fifth of the time
    try:
        importlib.import_module("keras")
    finally:
        for name in absent:
            del sys.modules[name]
        if collects:
            gc.enable()
    gc.freeze()  # what was loaded stays; no collection need look at it
