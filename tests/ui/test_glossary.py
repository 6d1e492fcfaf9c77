"""Words of the lab within a page's sentences and a widget's help."""

from mnist_core.ui import glossary


def test_a_word_within_a_sentence_leads_to_its_meaning() -> None:
    assert glossary.term("learning-rate") == "[learning rate](#word-learning-rate)"
    assert glossary.term("epoch", "epochs") == "[epochs](#word-epoch)"
    assert glossary.term("mnist") == "[MNIST](#word-mnist)"
    assert glossary.term("f1") == "[F1](#word-f1)"


def test_help_says_of_each_word_what_it_means() -> None:
    epoch, batch = glossary.help_text("epoch", "batch").split("\n\n")
    assert epoch.startswith("**Epoch**: One pass through all the training pictures. ")
    assert batch.startswith("**Batch**: ")
