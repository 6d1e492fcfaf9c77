import pytest

from mnist_core.environment import PRETRAINED
from mnist_core.presentation.report import card
from mnist_core.presentation.report.blocks import Code, Heading, Items, Table, Text

CARD = """\
# Model "x"

Two lines of
one **bold** paragraph with `code`.

- first *item*
- second
  - inner

1. counted

| what | measured |
|---|---|
| `a` | 1 % |
| b | |

```
python -m mnist_core
```
"""


def test_a_card_becomes_blocks() -> None:
    assert card.blocks(CARD) == (
        Heading('Model "x"'),
        Text("Two lines of one bold paragraph with code."),
        Items(("first item", "second", "inner")),
        Items(("counted",)),
        Table("", ("what", "measured"), (("a", "1 %"), ("b", ""))),
        Code("python -m mnist_core"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <img src=https://example.com/x.png onerror=alert(1)> b",
        "![picture](https://example.com/x.png)",
        "[link](javascript:alert(1))",
        "<https://example.com>",
    ],
)
def test_what_could_run_or_load_is_only_text(text: str) -> None:
    assert card.blocks(text) == (Text(text),)


def test_the_shipped_models_card_is_read_to_its_end() -> None:
    blocks = card.blocks((PRETRAINED / "best" / "README.md").read_text(encoding="utf-8"))
    assert blocks[0] == Heading('Shipped model "best"')
    assert sum(isinstance(block, Table) for block in blocks) == 3
    last = blocks[-1]
    assert isinstance(last, Items) and last.lines[-1].endswith("in Turkey.")


def test_a_card_without_end_is_cut_off() -> None:
    (text,) = card.blocks("x" * 1_000_000)
    assert isinstance(text, Text) and len(text.words) == card.MOST_CHARACTERS


def test_an_empty_card_has_no_blocks() -> None:
    assert card.blocks("") == ()
