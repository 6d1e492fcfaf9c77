"""`train` trains in the foreground; Ctrl-C keeps what there is."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_core.cli import main
from mnist_core.config.recipes import RECIPES
from mnist_core.runs import run_folders
from mnist_core.training import keras_import
from tests.conftest import wait_for
from tests.support.commands import Captured


def test_train_has_an_option_for_each_setting(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text = capsys.readouterr().out
    for name in RECIPES["quick"].config.to_json():
        option = {"layers": "network"}.get(name, name.replace("_", "-"))
        assert f"--{option} " in text


def test_ctrl_c_while_tensorflow_loads_leaves_nothing_behind(simple_npz: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(keras_import, "load", interrupt)
    assert main(["train", "--data", str(simple_npz)]) == 130
    assert not run_folders.all_runs()


def test_ctrl_c_keeps_what_there_is(simple_npz: Path) -> None:
    command = [sys.executable, "-m", "mnist_core", "train", "--data", str(simple_npz), "--json"]
    network = "conv:8:5:relu,maxpool:4,flatten,dense:10:softmax"
    process = subprocess.Popen(
        [*command, "--network", network, "--epochs", "1000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )

    def far_enough() -> bool:
        assert process.poll() is None
        return any(one.stored_status().epoch > 20 for one in run_folders.all_runs())

    try:
        wait_for(far_enough, "20 epochs")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=240)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    result = json.loads(output)
    assert result["state"] == "stopped" and 20 < result["epochs"] < 1000 and result["test_accuracy"] > 0.5
    (trained,) = run_folders.all_runs()
    assert trained.id == result["run"] and trained.has_model
    assert "Traceback" not in errors
