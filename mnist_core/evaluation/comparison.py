"""Several models judged on the same images: how good each is, where they differ, and whether it means anything."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, permutations

import numpy as np

from mnist_core.errors import InputError
from mnist_core.evaluation.evaluation import REPORT_COLUMNS, Evaluation
from mnist_core.evaluation.significance import holm, is_real, mcnemar, wilson, written
from mnist_core.formatting import confidence, count, percent, points, with_article
from mnist_core.language import gettext, ngettext
from mnist_core.mnist import CLASSES

# As many as a table and a chart still show well; of five there are ten pairs to test, more nobody reads.
MOST_COMPARED = 10
MOST_TESTED = 5
# What models are called beside each other, in sentences and at the ends of lines: their names are too long for that.
LETTERS = "ABCDEFGHIJ"
MEASURES = REPORT_COLUMNS[:3]


@dataclass(frozen=True)
class Pair:
    """Two models and McNemar's test of their difference."""

    models: tuple[int, int]  # which two of the comparison
    accuracies: tuple[float, float]  # their shares of images read right
    only_first: int  # how many images only the first reads right
    only_second: int  # how many only the second does
    same_answers: bool  # whether they read each image as the same digit
    p: float
    corrected: float  # `p`, corrected by Holm's method for how many pairs are tested
    tested: int

    @property
    def sentence(self) -> str:
        """Says what the test found: `A reads 99.59 % right, B 99.47 %. A difference of 0.12 points could be chance.`"""
        first, second = (LETTERS[model] for model in self.models)
        if self.same_answers:
            return gettext("{first} and {second} read every image as the same digit.", first=first, second=second)
        if not self.only_first + self.only_second:
            return gettext(
                "{first} and {second} read the same images right. Only their mistakes differ.",
                first=first,
                second=second,
            )
        if self.only_first == self.only_second:
            each = ngettext("{number} image", "{number} images", self.only_first, number=count(self.only_first))
            right = percent(self.accuracies[0])
            return gettext(
                "{first} and {second} both read {right} right. Each alone reads {each} right.",
                first=first,
                second=second,
                right=right,
                each=each,
            )
        parts = {
            "first": first,
            "right_first": percent(self.accuracies[0]),
            "second": second,
            "right_second": percent(self.accuracies[1]),
            "difference": points(self.accuracies[0] - self.accuracies[1], 2),
        }
        if is_real(self.corrected):
            return gettext(
                "{first} reads {right_first} right, {second} {right_second}. "
                "A difference of {difference} is hardly chance.",
                **parts,
            )
        return gettext(
            "{first} reads {right_first} right, {second} {right_second}. A difference of {difference} could be chance.",
            **parts,
        )

    @property
    def details(self) -> str:
        """Says how probable the difference is by chance: `A and B: p = 0.31 (McNemar's test).`; empty without any."""
        if self.only_first == self.only_second:
            return ""
        first, second = (LETTERS[model] for model in self.models)
        if self.tested > 1:
            return gettext(
                "{first} and {second}: {p} (McNemar's test, after Holm's correction for {pairs} pairs).",
                first=first,
                second=second,
                p=written(self.corrected),
                pairs=self.tested,
            )
        return gettext(
            "{first} and {second}: {p} (McNemar's test).",
            first=first,
            second=second,
            p=written(self.corrected),
        )


@dataclass(frozen=True)
class Group:
    """Images behind a figure."""

    words: str  # which they are: `that only A reads right`
    indices: np.ndarray  # int64 `[M]`, those first of which the models in question are surest
    reader: int  # the model whose answers to them tell most: one that reads them wrong, where there is one

    @property
    def sentence(self) -> str:
        """Says how many there are: `14 images that only A reads right`."""
        number = len(self.indices)
        images = ngettext("{number} image", "{number} images", number, number=count(number))
        return gettext("{images} {which}", images=images, which=self.words)


@dataclass(frozen=True)
class Comparison:
    """Two to ten models judged on the same images, called A, B, C …; raises InputError if that is not so."""

    evaluations: tuple[Evaluation, ...]  # what each answered, on the same images in the same order

    def __post_init__(self) -> None:
        number = len(self.evaluations)
        if not 2 <= number <= MOST_COMPARED:
            raise InputError(
                ngettext(
                    "To compare, choose 2 to {most} models; there is one.",
                    "To compare, choose 2 to {most} models; there are {number}.",
                    number,
                    most=MOST_COMPARED,
                    number=number,
                )
            )
        first = self.evaluations[0]
        for name, other in zip(self.names, self.evaluations, strict=True):
            if other.identity != first.identity or not np.array_equal(other.labels, first.labels):
                raise InputError(
                    gettext(
                        "{first} and {other} were judged on different images; choose data to judge them all on.",
                        first=self.names[0],
                        other=name,
                    )
                )

    @property
    def names(self) -> str:
        """A letter for each model."""
        return LETTERS[: len(self.evaluations)]

    @property
    def labels(self) -> np.ndarray:
        """The true digits, int64 `[N]`."""
        return self.evaluations[0].labels

    @cached_property
    def right(self) -> np.ndarray:
        """Which model reads which image right: bool `[models, N]`."""
        return np.stack([evaluation.predictions == evaluation.labels for evaluation in self.evaluations])

    @cached_property
    def intervals(self) -> tuple[tuple[float, float], ...]:
        """The accuracies' 95 % intervals (Wilson)."""
        return tuple(wilson(int(right.sum()), len(right)) for right in self.right)

    @cached_property
    def ranking(self) -> tuple[int, ...]:
        """The models by their accuracy, the best first."""
        return tuple(int(model) for model in np.argsort(-self.right.sum(axis=1), kind="stable"))

    # --- Images --------------------------------------------------------------------------------------------------

    @cached_property
    def groups(self) -> dict[str, Group]:
        """The images behind each figure, by short names: `only-A`, `none`, `wrong-A`, `A-B` (A right, B wrong)."""
        names, right = self.names, self.right
        alone, models = right.sum(axis=0) == 1, list(enumerate(names))
        nobody = gettext("that neither reads right") if len(names) == 2 else gettext("that no model reads right")
        groups = {
            f"only-{name}": self._group(
                gettext("that only {name} reads right", name=name), right[model] & alone, model, (model + 1) % 2
            )
            for model, name in models
        }
        groups["none"] = self._group(nobody, np.logical_not(right.any(axis=0)), None, 0)
        groups |= {
            f"wrong-{name}": self._group(gettext("that {name} reads wrong", name=name), ~right[model], model, model)
            for model, name in models
        }
        # Of two models these are there already; of more than five nobody could look through them.
        if not 2 < len(names) <= MOST_TESTED:
            return groups
        return groups | {
            f"{name}-{other}": self._group(
                gettext("that {name} reads right and {other} wrong", name=name, other=other),
                right[model] & ~right[rival],
                model,
                rival,
            )
            for (model, name), (rival, other) in permutations(models, 2)
        }

    def disputed(self, digit: int) -> Group:
        """Returns the images of a digit, or read as one, of which not all models say the same."""
        answers = np.stack([evaluation.predictions for evaluation in self.evaluations])
        touched = (answers == digit).any(axis=0) | (self.labels == digit)
        words = gettext("of {digit}, or read as one, over which the models disagree", digit=with_article(digit))
        return self._group(words, touched & (answers != answers[0]).any(axis=0), None, 1)

    def _group(self, words: str, chosen: np.ndarray, sure: int | None, reader: int) -> Group:
        """Makes a group of a mask bool `[N]`, in the order of how sure a model is of the images, or all on average."""
        indices = np.flatnonzero(chosen)
        models = range(len(self.names)) if sure is None else (sure,)
        surest = np.mean([self.evaluations[model].probabilities[indices].max(axis=1) for model in models], axis=0)
        return Group(words, indices[np.argsort(-surest, kind="stable")], reader)

    def answers(self, index: int) -> str:
        """Says what each model reads in an image: `A reads 4 (98 %), B reads 9 (51 %).`"""
        answers = zip(self.names, (evaluation.probabilities[index] for evaluation in self.evaluations), strict=True)
        return (
            ", ".join(
                gettext(
                    "{model} reads {digit} ({sure})", model=name, digit=ten.argmax(), sure=confidence(float(ten.max()))
                )
                for name, ten in answers
            )
            + "."
        )

    # --- Differences ---------------------------------------------------------------------------------------------

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """McNemar's test of each pair; Holm's correction where there are several. None of more than five models."""
        if len(self.names) > MOST_TESTED:
            return ()
        both = list(combinations(range(len(self.names)), 2))
        counts = [self._discordant(*pair, np.ones(len(self.labels), bool)) for pair in both]
        values = [mcnemar(*pair) for pair in counts]
        accuracies = [evaluation.accuracy for evaluation in self.evaluations]
        return tuple(
            Pair(
                (first, second),
                (accuracies[first], accuracies[second]),
                *alone,
                np.array_equal(self.evaluations[first].predictions, self.evaluations[second].predictions),
                p,
                corrected,
                len(both),
            )
            for (first, second), alone, p, corrected in zip(both, counts, values, holm(values), strict=True)
        )

    def _discordant(self, first: int, second: int, among: np.ndarray) -> tuple[int, int]:
        """Counts the images of a mask bool `[N]` that only the first, and only the second of two models reads right."""
        one, other = self.right[first] & among, self.right[second] & among
        return int((one & ~other).sum()), int((other & ~one).sum())

    def measure(self, name: str) -> np.ndarray:
        """Returns `precision`, `recall` or `f1-score` of each digit, as scikit-learn has it: float64 `[models, 10]`."""
        column = MEASURES.index(name)
        return np.stack([evaluation.report[:CLASSES, column] for evaluation in self.evaluations])

    def differences(self, name: str, reference: int = 0) -> np.ndarray:
        """Returns what each model has more of a measure than the reference, for each digit: float64 `[models, 10]`."""
        values = self.measure(name)
        return values - values[reference]

    def digits_sentence(self, name: str, reference: int = 0) -> str:
        """Says for which digit a measure differs most from that of the reference; of recall also if it could be chance.

        Recall is a share of one digit's images, so that McNemar's test answers for it, with Holm's correction for all
        the digits and models that the largest difference was chosen from.
        """
        differences = self.differences(name, reference)
        if not differences.any():
            return gettext("No digit's {measure} differs.", measure=measure_name(name, within=True))
        model, digit = (int(place) for place in np.unravel_index(np.abs(differences).argmax(), differences.shape))
        values = self.measure(name)[:, digit]
        sentence = gettext(
            "{model} differs most from {other} at the digit {digit}: "
            "its {measure} is {share} instead of {other_share}.",
            model=self.names[model],
            other=self.names[reference],
            digit=digit,
            measure=measure_name(name, within=True),
            share=percent(values[model]),
            other_share=percent(values[reference]),
        )
        if name != "recall":
            return sentence
        others = [other for other in range(len(self.names)) if other != reference]
        tests = [(other, each) for other in others for each in range(CLASSES)]
        raw = [mcnemar(*self._discordant(reference, other, self.labels == each)) for other, each in tests]
        p = holm(raw)[tests.index((model, digit))]
        if is_real(p):
            return gettext("{sentence} That is hardly chance ({p}).", sentence=sentence, p=written(p))
        return gettext("{sentence} That could be chance ({p}).", sentence=sentence, p=written(p))


def measure_name(measure: str, within: bool = False) -> str:
    """Names one of `MEASURES` for people, alone or within a sentence."""
    names = {"precision": gettext("precision"), "recall": gettext("recall")}
    return names.get(measure, measure if within else "F1")
