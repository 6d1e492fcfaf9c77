"""What pages say can be read by a fourteen-year-old, as far as a formula can tell."""

import re

import textstat

from scripts import catalogue

# The school year in which a text can be read: Kincaid, Fishburne, Rogers and Chissom, "Derivation of New Readability
# Formulas", 1975. It tells nothing of texts of a few words.
HIGHEST_GRADE, FEWEST_WORDS = 8, 5
PAGES = ("app.py", "pages/", *(f"mnist_core/{name}/" for name in ("ui", "presentation", "inference", "evaluation")))
# Longer words that the lab explains in its list of words, or that are names: to the formula each is one short word.
EXPLAINED = re.compile(
    r"\b(accura|activat|augmentat|calibrat|convolut|epoch|validat|normaliz|probabilit|parameter|"
    r"recognizer|Kaggle|MNIST|ImageId|LiteRT|TensorFlow)\w*",
    re.IGNORECASE,
)


def as_read(text: str) -> str:
    """A sentence as it is read aloud: what is filled in is a short word, links and marks are their text."""
    text = re.sub(r"\{[^}]*\}", "it", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\d[\d,.×]*\b", "ten", EXPLAINED.sub("word", text))
    return re.sub(r"[^A-Za-z.,;!?' -]", " ", text.replace("’", "'").replace("…", "."))


def test_no_text_of_a_page_is_above_grade_eight() -> None:
    hard = {}
    for message in catalogue.template():
        if not any(place.startswith(PAGES) for place, _ in message.locations):
            continue
        for text in (message.id,) if isinstance(message.id, str) else message.id:
            told = as_read(text)
            if len(re.findall("[A-Za-z]+", told)) >= FEWEST_WORDS:
                grade = textstat.flesch_kincaid_grade(told)
                if grade > HIGHEST_GRADE:
                    hard[text] = round(grade, 1)
    assert not hard, "say in shorter sentences and words: " + "; ".join(f"{text} ({hard[text]})" for text in hard)


def test_long_sentences_of_long_words_are_found() -> None:
    hard = "The characteristics of architectural regularization necessitate considerable experimentation, nevertheless."
    assert textstat.flesch_kincaid_grade(as_read(hard)) > HIGHEST_GRADE
