"""The Tab key, in a real bash: commands, options, runs, recipes and data."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_core import environment
from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.runs import run_folders
from mnist_core.runs.run_label import RunLabel
from tests.support.commands import Captured, run

# Presses Tab at the end of each line that it is given, as bash does.
PRESS = """
eval "$(digit-lab completion bash)"
for line in "$@"; do
    COMP_LINE=$line COMP_POINT=${#line} COMP_TYPE=9 COMPREPLY=()
    _python_argcomplete digit-lab
    echo "${COMPREPLY[*]}"
done
"""


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_completes_what_there_is(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "digit-lab"
    program.parent.mkdir()
    code = "import sys; sys.argv[0] = 'digit-lab'; from mnist_core.__main__ import run; sys.exit(run())"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
    program.chmod(0o755)
    made = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    made.write_label(RunLabel("our first"), by=COMMAND_LINE)
    (tmp_path / "mine.npz").touch()
    expected = {
        "digit-lab evaluate ": {"our\\ first", made.id, "best"},
        "digit-lab train --optimizer n": {"nadam"},
        "digit-lab train --data m": {"mnist", "mine.npz"},
        "digit-lab import m": {"mine.npz"},
        "digit-lab rename best m": set(),  # no file is a name
    }
    path = os.pathsep.join([str(program.parent), os.environ["PATH"]])
    variables = environment.for_python() | {"PATH": path}
    pressed = subprocess.run(
        ["bash", "-c", PRESS, "bash", *expected], cwd=tmp_path, env=variables, capture_output=True, text=True
    )
    assert pressed.stderr == ""
    for (line, words), found in zip(expected.items(), pressed.stdout.splitlines(), strict=True):
        rest = found
        for word in sorted(words, key=len, reverse=True):
            assert word in rest, line
            rest = rest.replace(word, "", 1)
        assert not rest.strip(), line


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(capsys: Captured, shell: str) -> None:
    script = run(capsys, "completion", shell)
    assert "digit-lab" in script and "_ARGCOMPLETE" in script
    assert json.loads(run(capsys, "completion", shell, "--json")) == {"shell": shell, "script": script[:-1]}
