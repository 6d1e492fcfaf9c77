import pytest

from mnist_core import session
from mnist_core.layers import Layer
from mnist_core.session import run_views


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("There is no run 'a_b'.", "There is no run 'a\\_b'."),
        ("![x](http://example.org/x.png)", "!\\[x\\](http://example.org/x.png)"),
        ("<b>*$`~", "\\<b\\>\\*\\$\\`\\~"),
    ],
)
def test_what_comes_from_outside_is_shown_as_it_is(text: str, shown: str) -> None:
    assert session.plain(text) == shown


def test_a_row_of_the_layer_table_keeps_only_what_its_kind_uses() -> None:
    row = {
        "number": 1.0,
        "kind": "dense",
        "units": 64.0,
        "size": 3,
        "padding": "same",
        "activation": "relu",
        "rate": 0.5,
    }
    assert run_views._layer_of(row) == Layer("dense", 64, activation="relu")


def test_a_cleared_cell_is_refused_in_words_or_takes_its_default() -> None:
    row = {
        "number": None,
        "kind": "maxpool",
        "units": None,
        "size": 2,
        "padding": None,
        "activation": None,
        "rate": None,
    }
    assert run_views._layer_of(row) == Layer("maxpool", size=2)
    with pytest.raises(Exception, match="number of neurons of a dense layer is 0"):
        run_views._layer_of(row | {"kind": "dense"})
