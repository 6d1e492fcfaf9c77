"""The words of the lab, explained where they stand: a link opens a small card, a widget's help says the same."""

from pathlib import Path

import streamlit as st

from mnist_core.language import SOURCE, gettext, language
from mnist_core.presentation.glossary import WORDS, Word

COMPONENTS = Path(__file__).parent / "components"
# A word that can be looked up is part of its sentence; where a press leads to another page, a link looks otherwise.
STYLE = """a[href^="#word-"] { color: inherit !important; text-decoration: underline dotted !important;
  text-underline-offset: 0.2em; cursor: help }"""

_component = st.components.v2.component(
    "digit_lab_glossary",
    html="""<details class="words"><summary></summary><dl></dl></details>
    <div class="card" popover role="dialog" aria-labelledby="word" aria-describedby="meaning">
    <strong id="word"></strong>
    <p class="meaning" id="meaning"></p><p class="example"></p><button type="button" autofocus>×</button></div>""",
    css=(COMPONENTS / "glossary.css").read_text(encoding="utf-8"),
    js=(COMPONENTS / "glossary.js").read_text(encoding="utf-8"),
)


def term(word: str, text: str = "") -> str:
    """Returns Markdown that stands for a word in a sentence, and leads to what it means.

    Args:
        word: Its key in `WORDS`, such as "learning-rate".
        text: How it stands in the sentence, such as "epochs"; by default its name in small letters.
    """
    return f"[{text or _within_a_sentence(gettext(WORDS[word].name))}](#word-{word})"


def help_text(*words: str) -> str:
    """Returns what the `help` of a widget says about words: each with its meaning and its example."""
    entries = [Word(*map(gettext, WORDS[word])) for word in words]
    return "\n\n".join(f"**{entry.name}**: {entry.meaning} {entry.example}" for entry in entries)


def show() -> None:
    """Draws the list of all words, folded, and answers the links to them, wherever on the page they stand."""
    entries = {word: Word(*map(gettext, entry)) for word, entry in WORDS.items()}
    words = sorted(entries.items(), key=lambda item: item[1].name.casefold())
    st.html(f"<style>{STYLE}</style>")
    _component(
        data={
            "title": gettext("Words of the lab"),
            "close": gettext("Close"),
            "words": [{"id": word, **entry._asdict()} for word, entry in words],
        },
        key="glossary",
    )


def _within_a_sentence(name: str) -> str:
    """English begins a name with a capital at the start of a sentence only; other languages have it as they say it."""
    if language() != SOURCE:
        return name
    return name if name.isupper() or name[1:2].isdigit() else name.lower()
