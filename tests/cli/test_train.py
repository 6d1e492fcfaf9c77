"""`train` trains in the foreground; Ctrl-C keeps what there is."""

import dataclasses
import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mnist_core.checks import Number, Whole, short
from mnist_core.cli import main
from mnist_core.config.recipes import RECIPES
from mnist_core.config.train_config import SETTINGS
from mnist_core.errors import InputError
from mnist_core.runs import run_folders
from mnist_core.training import keras_import
from tests.conftest import wait_for
from tests.support.commands import Captured, run


def help_of(capsys: Captured, command: str) -> str:
    """A command's help on one line, without the breaks that argparse puts into words with dashes."""
    with pytest.raises(SystemExit):
        main([command, "--help"])
    return " ".join(capsys.readouterr().out.split()).replace("- ", "-")


def test_train_has_an_option_for_each_setting(capsys: Captured) -> None:
    text = help_of(capsys, "train")
    for name in RECIPES["quick"].config.to_json():
        option = {"layers": "network"}.get(name, name.replace("_", "-"))
        assert f"--{option} " in text


def test_helps_say_what_is_checked(capsys: Captured) -> None:
    train, sweep = help_of(capsys, "train"), help_of(capsys, "sweep")
    for name, setting in SETTINGS.items():
        said = f"{setting.about}; {setting.rule.words}".replace("- ", "-")
        value = getattr(RECIPES["quick"].config, name)
        assert f"{said} (quick: {short(value) or 'none'})" in train
        assert f"{name}: {said}" in sweep
        if isinstance(setting.rule, Whole | Number):
            beyond: dict[str, Any] = {name: setting.rule.most + 1}
            with pytest.raises(InputError, match=re.escape(setting.rule.words)):
                dataclasses.replace(RECIPES["quick"].config, **beyond)
    assert "a whole number from 1 to 1,000" in help_of(capsys, "continue")


def test_ctrl_c_while_tensorflow_loads_leaves_nothing_behind(simple_npz: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(keras_import, "load", interrupt)
    assert main(["train", "--data", str(simple_npz)]) == 130
    assert not run_folders.all_runs()


@pytest.mark.long
def test_another_terminal_pauses_and_resumes_and_ctrl_c_keeps_what_there_is(capsys: Captured, simple_npz: Path) -> None:
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
        (trained,) = run_folders.all_runs()
        assert "is paused after" in run(capsys, "pause", trained.id)
        assert trained.stored_status().state == "paused"
        assert "is in training" in run(capsys, "resume", trained.id)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=240)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    result = json.loads(output)
    assert result["state"] == "stopped" and 20 < result["epochs"] < 1000 and result["test_accuracy"] > 0.5
    assert trained.id == result["run"] and trained.has_model
    assert "Traceback" not in errors
