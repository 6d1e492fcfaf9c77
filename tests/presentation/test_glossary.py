"""The words of the lab: each can be looked up, and says what is so."""

import re

from mnist_core import environment
from mnist_core.config.network import count_parameters
from mnist_core.config.recipes import RECIPES
from mnist_core.formatting import count
from mnist_core.presentation.glossary import WORDS
from tests.support.paths import ROOT


def test_each_word_is_told_in_a_few_whole_sentences() -> None:
    for word, (name, meaning, example) in WORDS.items():
        assert re.fullmatch(r"[a-z0-9-]+", word), word  # it stands in an address
        assert name[0].isupper(), word
        for text in (meaning, example):
            assert text[-1] in ".?" and len(text) < 200, f"{word}: {text}"


def test_each_word_that_a_page_leads_to_is_there() -> None:
    pages = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(environment.PACKAGE / "ui").rglob("*.py")]
    text = "\n".join(path.read_text("utf-8") for path in pages)
    named = set(re.findall(r"""glossary\.(?:term|help_text)\(\s*["']([a-z0-9-]+)["']""", text))
    assert named and named <= set(WORDS), named - set(WORDS)


def test_the_numbers_of_examples_are_those_of_the_recipes() -> None:
    for name, word in (("quick", "network"), ("quick", "parameter"), ("best", "parameter")):
        assert count(count_parameters(RECIPES[name].config.layers)) in WORDS[word].example
    assert str(RECIPES["quick"].config.batch_size) in WORDS["batch"].example
