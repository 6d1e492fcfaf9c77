"""The app: what the program does where no command is given."""

import os
import runpy
import sys

from mnist_core import environment
from mnist_core.classroom import passes

NO_TOKEN = "--no-token"


def serve(with_token: bool = True) -> None:
    """Serves the app until it is stopped, as `streamlit run app.py` does in a checkout.

    Without a token no link makes anybody a teacher: only browsers on this machine are.
    """
    if not with_token:
        os.environ[passes.NO_TOKEN] = "1"
    sys.argv = ["streamlit", "run", str(environment.APP)]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
