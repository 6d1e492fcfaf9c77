import numpy as np
import pytest

from mnist_core.evaluation.evaluation import NORMALIZATIONS, Evaluation
from mnist_core.evaluation.selection import Selection
from mnist_core.presentation.palette import TRAINING_COLOUR
from mnist_core.presentation.tables.confusion import DARK_SHADE, confusion_table
from tests.support.markup import buttons

NOTHING = Selection()


def judged(number: int = 3000, seed: int = 0) -> Evaluation:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 9, number)  # no nine: a row without images
    probabilities = random.dirichlet(np.ones(10), number) + 0.35 * np.eye(10)[labels]
    return Evaluation.measure(probabilities / 1.35, labels)


def choices(html: str) -> dict[str, list[dict[str, str]]]:
    """The buttons by what they choose."""
    found: dict[str, list[dict[str, str]]] = {}
    for button in buttons(html):
        found.setdefault(button["data-choice"], []).append(button)
    return found


def test_every_number_leads_to_as_many_images_as_it_says() -> None:
    evaluation = judged()
    found = choices(confusion_table(evaluation, "counts", NOTHING))
    for choice, several in found.items():
        selection = Selection.from_choice(choice)
        assert selection
        number = len(selection.of(evaluation))
        assert f"{number:,} image" in several[-1]["aria-label"]
        assert several[-1]["text"] in ("·", str(number), f"{number:,}")
    cells = {f"{i}-{j}{'-all' if i == j else ''}" for i in range(10) for j in range(10)}
    sums = {f"{digit}--all" for digit in range(10)} | {f"-{digit}-all" for digit in range(10)}
    assert found.keys() == cells | sums | {"--all"}


def test_rows_add_up_to_supports_and_both_margins_to_the_images() -> None:
    evaluation = judged()
    found = choices(confusion_table(evaluation, "counts", NOTHING))

    def value(choice: str) -> int:
        return int(found[choice][-1]["text"].replace("·", "0").replace(",", ""))

    cells = np.array([[value(f"{i}-{j}{'-all' if i == j else ''}") for j in range(10)] for i in range(10)])
    assert np.array_equal(cells, evaluation.confusion)
    assert cells.sum(axis=1).tolist() == [value(f"{digit}--all") for digit in range(10)]
    assert cells.sum(axis=1).tolist() == evaluation.report[:10, 3].tolist()
    assert cells.sum(axis=0).tolist() == [value(f"-{digit}-all") for digit in range(10)]
    assert cells.sum() == value("--all") == 3000
    assert np.trace(cells) / cells.sum() == pytest.approx(evaluation.accuracy, abs=1e-12)


def test_a_cell_is_named_for_those_who_cannot_see_its_place() -> None:
    labels = np.array([4, 4, 4, 8, 8])
    evaluation = Evaluation.measure(np.eye(10)[[9, 9, 4, 8, 3]], labels)
    found = choices(confusion_table(evaluation, "by actual", NOTHING))
    assert found["4-9"][0]["aria-label"] == "4 read as 9, 2 images"
    assert found["8-3"][0]["aria-label"] == "8 read as 3, 1 image"
    assert [one["aria-label"] for one in found["8--all"]] == 2 * ["2 images of an 8"]
    assert found["-9-all"][0]["aria-label"] == "2 images read as 9"
    assert found["--all"][0]["aria-label"] == "All 5 images"


def test_shares_are_percentages_and_the_totals_stay_counts() -> None:
    labels = np.array([1, 1, 1, 7, 7])
    evaluation = Evaluation.measure(np.eye(10)[[1, 1, 7, 7, 7]], labels)

    def texts(normalization: str) -> list[str]:
        found = choices(confusion_table(evaluation, normalization, NOTHING))
        return [found[choice][-1]["text"] for choice in ("1-1-all", "1-7", "7-7-all", "7-1", "1--all", "-7-all")]

    assert texts("counts") == ["2", "1", "2", "·", "3", "3"]
    assert texts("by actual") == ["66.7", "33.3", "100", "·", "3", "3"]
    assert texts("by predicted") == ["100", "33.3", "66.7", "·", "3", "3"]


@pytest.mark.parametrize(
    ("chosen", "marked"),
    [
        (Selection(4, 9), ["4-9"]),
        (Selection(4, 4, mistakes_only=False), ["4-4-all"]),
        (Selection(4), ["4--all", "4--all"]),
        (Selection(None, 9, mistakes_only=False), ["-9-all", "-9-all"]),
        (Selection(None, None, mistakes_only=False), ["--all"]),
        (Selection(), []),
    ],
)
def test_what_is_chosen_is_marked_and_is_where_tab_arrives(chosen: Selection, marked: list[str]) -> None:
    found = buttons(confusion_table(judged(), "counts", chosen))
    assert [one["data-choice"] for one in found if "aria-current" in one] == marked
    assert [one["data-choice"] for one in found if "data-start" in one] == marked


def shades(html: str) -> list[float]:
    return [float(part.split("%")[0]) for part in html.split("--shade:")[1:]]


def test_darker_is_more_and_mistakes_get_the_whole_scale_when_the_diagonal_is_dimmed() -> None:
    confusion = judged().confusion
    plain, dimmed = (shades(confusion_table(judged(), "counts", NOTHING, dim)) for dim in (False, True))
    order = confusion.ravel().argsort(kind="stable")
    assert np.all(np.diff(np.array(plain)[order]) >= 0)
    assert (min(plain), max(plain)) == (0, 100)
    diagonal = np.eye(10, dtype=bool).ravel()
    beside, wrong = np.array(dimmed)[~diagonal], confusion.ravel()[~diagonal]
    assert np.array(dimmed)[diagonal].tolist() == 10 * [0]
    assert beside[wrong.argmax()] == 100 and wrong.max() > 5
    assert confusion_table(judged(), "counts", NOTHING, dim_diagonal=True).count('class="dim"') == 10


def test_a_number_of_four_fifths_of_the_largest_is_written_like_it() -> None:
    labels = np.repeat([0, 1, 2], [1135, 889, 300])
    html = confusion_table(Evaluation.measure(np.eye(10)[labels], labels), "counts", NOTHING)
    assert html.count('class="cell dark"') == 2


def luminance(colour: np.ndarray) -> float:
    """Relative luminance as WCAG 2 defines it, of red, green and blue between 0 and 1."""
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def parsed(colour: str) -> np.ndarray:
    return np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])


@pytest.mark.parametrize(("background", "text"), [("#F3F5F8", "#000000"), ("#1C222B", "#FFFFFF")])
def test_every_number_can_be_read_on_its_shade(background: str, text: str) -> None:
    for shade in np.linspace(0, 1, 201):
        cell = luminance(shade * parsed(TRAINING_COLOUR) + (1 - shade) * parsed(background))
        written = luminance(parsed("#FFFFFF" if shade > DARK_SHADE else text))
        light, dark = max(cell, written), min(cell, written)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_a_matrix_with_empty_rows_and_one_without_mistakes_do_not_fail(normalization: str) -> None:
    perfect = Evaluation.measure(np.eye(10)[[0, 1, 1]], np.array([0, 1, 1]))
    for dim in (False, True):
        found = choices(confusion_table(perfect, normalization, NOTHING, dim))
        assert all(found[f"7-{digit}{'-all' if digit == 7 else ''}"][0]["text"] == "·" for digit in range(10))
