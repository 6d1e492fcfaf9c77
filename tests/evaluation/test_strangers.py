from pathlib import Path

import pytest

from mnist_core.errors import InputError
from mnist_core.evaluation.strangers import FILE_NAME, Strangers
from mnist_core.runs.run import Run

KNOWN = Strangers(places=2, digits=3079, doubted=0.016, signs=6904, caught=0.88)


def test_what_came_with_a_run_is_read_and_what_is_damaged_is_nothing(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert Strangers.of(run) is None
    KNOWN.save(tmp_path / FILE_NAME)
    assert Strangers.of(run) == KNOWN
    (tmp_path / FILE_NAME).write_text('{"places": 2, "digits": 0, "doubted": 7, "signs": 1, "caught": 1}')
    assert Strangers.of(run) is None


@pytest.mark.parametrize(
    "values", [(0, 1, 0.1, 1, 0.1), (1, 1, 1.1, 1, 0.1), (1, 1, 0.1, 1, -0.1), (1, 1, 0.1, 0, 0.1)]
)
def test_counts_and_shares_are_checked(values: tuple[int, int, float, int, float]) -> None:
    with pytest.raises(InputError, match="must be counts above 0 and shares between 0 and 1"):
        Strangers(*values)
