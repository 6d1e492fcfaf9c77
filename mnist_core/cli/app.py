"""The app: what the program does where no command is given."""

import runpy
import sys

from mnist_core import environment


def serve() -> None:
    """Serves the app until it is stopped, as `streamlit run app.py` does in a checkout."""
    sys.argv = ["streamlit", "run", str(environment.APP)]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
