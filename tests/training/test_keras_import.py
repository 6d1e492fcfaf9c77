import subprocess
import sys

import pytest

PROGRAM = """
import gc, sys
from mnist_core.training import keras_import
keras_import.load()
loaded = {"keras", "sklearn", "matplotlib", "pandas"} & sys.modules.keys()
import matplotlib.pyplot, sklearn.metrics, pandas
import keras
print(loaded, keras.layers.Dense(3)(keras.ops.ones((2, 4))).shape, gc.isenabled())
"""


@pytest.mark.long
def test_keras_comes_without_what_it_does_not_need_and_the_rest_can_be_loaded_afterwards() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "{'keras'} (2, 3) True"
