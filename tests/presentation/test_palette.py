import subprocess
import sys

import numpy as np
import pytest

from mnist_core.presentation import palette
from mnist_core.presentation.tables.confusion import DARK_SHADE


@pytest.mark.parametrize("largest", [1, 7, 1135])
def test_strong_cells_look_alike_and_no_cell_lies_between_dark_and_white_text(largest: int) -> None:
    values = np.append(np.linspace(0, largest, 99), 889 / 1135 * largest)
    shades, strong = palette.root_shades(values), values >= palette.STRONG_SHARE * largest
    assert np.all(np.diff(shades[values.argsort()]) >= 0)
    assert shades[strong].min() >= palette.STRONG_SHADE > DARK_SHADE
    assert shades[~strong].max() < 0.8
    assert (shades[0], shades.max()) == (0, 1)
    assert strong[-1]


def test_a_table_learns_its_colours_without_the_library_of_charts() -> None:
    program = (
        "import sys\nfrom mnist_core.presentation.tables import confusion, image_grid, report\n"
        "print({'altair', 'vl_convert'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
