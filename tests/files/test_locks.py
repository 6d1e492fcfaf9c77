import stat
from pathlib import Path

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.engine import fair_queue
from mnist_core.evaluation import label_notes
from mnist_core.runs import run_folders


def test_no_other_user_can_hold_a_lock_of_the_lab(temporary_home: Path) -> None:
    """Whoever may open a file, to read it only, may lock it: no run would ever start."""
    run = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    run.request("stop", by=COMMAND_LINE)
    with fair_queue.joining(""):
        pass
    label_notes.keep("0" * 64, 1, label_notes.VERDICTS[0])
    locks = {path.name: stat.S_IMODE(path.stat().st_mode) for path in temporary_home.rglob("*.lock")}
    assert len(locks) == 4 and set(locks.values()) == {0o600}
