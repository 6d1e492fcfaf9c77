from mnist_core import language
from mnist_core.ui import loaders


def test_data_is_read_once_and_told_in_each_language() -> None:
    loaders._dataset.clear()
    loaders._translated_dataset.clear()  # another test may have asked in German
    english = loaders.recorded_dataset("digits-8x8")
    with language.speaking("de"):
        german = loaders.recorded_dataset("digits-8x8")
        assert (german.title, german.source.split(":")[0]) == ("Ziffern 8×8", "in scikit-learn enthalten")
        assert german.reference() == english.reference()  # which a run keeps
    assert german.train_images is english.train_images
    assert english.source.startswith("bundled with scikit-learn") and english.title == "Digits 8×8"
