"""Reading the ink of a picture: as it lies, within a panel, without what is around it, or turned by a quarter."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mnist_core.formatting import confidence, with_article
from mnist_core.inference.answer import NO_INK
from mnist_core.inference.classifier import Classifier
from mnist_core.inference.reading_one_row import SURE_OF_ONE, read_as_one, read_row
from mnist_core.inference.reading_result import Reading, is_given
from mnist_core.inference.reading_sheets import read_sheet
from mnist_core.language import gettext
from mnist_core.preprocessing import candidates, further_looks, panels, pipeline, sheets
from mnist_core.preprocessing.further_looks import Look
from mnist_core.preprocessing.ink import border
from mnist_core.preprocessing.pipeline import Stages
from mnist_core.preprocessing.sheets import InkPieces

# A picture of one digit less probable than this is looked at turned, and what is read turned needs this probability. By
# a network with smoothed labels even a plain digit seldom has 0.9995. Of 120 upright pictures of writers who are
# trained on none became unsure by it, and two of 60 pictures of signs became a digit that were none by 0.998.
SURE_OF_A_SIDE = 0.995
# What is less probable as it lies is named after what is certain turned. Of 1,400 upright pictures of writers who are
# trained on none is named after another digit by it, and one would be by 0.97; of 300 lying ones eight more are right.
READS_WELL_AS_IT_LIES = 0.9
# A page lies if so many of its pieces, each by itself, read better turned, by so much in the mean of the logarithms of
# their probabilities, and if turned it reads well, with this geometric mean, with so many digits at least that no
# letters turn into, and with doubts about so few. Of 240 rows of signs by writers who are trained on, 16 became a
# number by being turned if two digits of any kind were enough, and none does by this.
MOST_TO_LOOK_AT, READS_BETTER = 12, 0.2
READS_WELL_TURNED = 0.95
FEWEST_ON_A_PAGE, OF_LETTERS = 3, (1, 7)
MOST_DOUBTFUL = 0.1
# What looks like an upright M, W or E when it lies: of nine signs that became a digit by being turned, six.
LIES_LIKE_A_LETTER = 3
# And what is a level stroke when it lies.
LIES_LIKE_A_DASH = 1
# What is often written in two strokes that do not meet.
IN_TWO_PIECES = (4, 5)


@dataclass(frozen=True)
class TurnedPage:
    """Several digits that were read turned."""

    words: str  # how, as in `Read …`
    reading: Reading

    @property
    def reads_well(self) -> bool:
        """Whether what was read is several digits, nearly none with a doubt; what had to be cut may be anything."""
        parts = self.reading.digits
        doubtful = sum(part.answer.verdict != "digit" or part.is_cut for part in parts)
        if len(parts) < 2 or doubtful > MOST_DOUBTFUL * len(parts) or 2 * self._telling < len(parts):
            return False
        return float(np.exp(np.mean(np.log([part.answer.probability for part in parts])))) >= READS_WELL_TURNED

    @property
    def is_certain(self) -> bool:
        """Whether so many digits were read that it is no accident."""
        return self._telling >= FEWEST_ON_A_PAGE

    @property
    def _telling(self) -> int:
        return sum(part.answer.digit not in OF_LETTERS for part in self.reading.digits)


def read_panel(grey: np.ndarray, classifier: Classifier) -> Reading | None:
    """Reads what stands on a sheet, a screen or in a box within a picture; None where nothing is given there."""
    for panel in panels.find(grey):
        stages = pipeline.from_picture(panel)
        if stages is None or max(stages.box.shape) < pipeline.SMALLEST_INK or _reaches_the_edge(stages.ink):
            continue
        within = stages.within(grey)
        pieces = sheets.pieces_of(within.ink)
        page = read_turned_page(within, pieces, classifier)
        reading = page.reading if page and page.is_certain else read_ink(within, pieces, classifier)
        if is_given(reading):
            return _with_words(reading, gettext("inside the sheet, screen or box in the picture"))
    return None


def _reaches_the_edge(ink: np.ndarray) -> bool:
    """Whether ink goes on beyond what was cut out."""
    return bool(border(ink).any())


def read_ink(stages: Stages, pieces: InkPieces | None, classifier: Classifier) -> Reading:
    """Reads the ink of a picture, with its pieces (`sheets.pieces_of`), as it lies: as a sheet, or as one row."""
    sheet = sheets.of_pieces(_parted(pieces, classifier), stages) if pieces else None
    return read_sheet(sheet, stages, classifier, lambda: read_row(candidates.of_ink(stages), classifier))


def _parted(pieces: InkPieces, classifier: Classifier) -> InkPieces:
    """Cuts what is as tall as several rows and reads badly as one digit: digits that touch the row below."""
    if not pieces.tall:
        return pieces
    images = np.stack([pipeline.from_ink(ink).image for ink in pieces.tall.values()])
    best = classifier.calibrated(images).max(axis=1)
    badly = [number for number, one in zip(pieces.tall, best, strict=True) if one <= candidates.READS_WELL]
    return pieces.cut(badly) if badly else pieces


def read_look(look: Look, classifier: Classifier) -> Reading:
    """Reads a picture in another way, and says so."""
    if not look.ink.any():
        return Reading(NO_INK.spoken())
    stages = pipeline.from_ink(look.ink, look.given)
    return _with_words(read_ink(stages, sheets.pieces_of(stages.ink), classifier), look.words)


def _with_words(reading: Reading, words: str) -> Reading:
    """Says how a picture was looked at."""
    how = gettext("Read {how}.", how=words)
    return replace(reading, answer=replace(reading.answer, sentence=f"{reading.answer.sentence} {how}"))


def is_upright(reading: Reading) -> bool:
    """Whether a picture need not be read turned: it reads well as one digit, or it has rows."""
    one = not reading.parts and reading.answer.verdict == "digit" and reading.answer.probability >= SURE_OF_A_SIDE
    return one or len(reading.rows) > 1


def read_turned_page(stages: Stages, pieces: InkPieces | None, classifier: Classifier) -> TurnedPage | None:
    """Reads several digits that lie on their side or upside down; None where they do not, or do not read well so."""
    quarters = _quarters_to_turn(pieces, classifier)
    if not quarters:
        return None
    look = further_looks.turned_page(stages, quarters)
    turned = TurnedPage(look.words, read_look(look, classifier))
    return turned if turned.reads_well else None


def with_doubts_about_side(reading: Reading, turned: TurnedPage | None) -> Reading:
    """Names what few digits read as when they are turned, unless they are one digit for certain as they lie."""
    answer = reading.answer
    if turned is None or (not reading.parts and answer.verdict == "digit" and answer.probability >= SURE_OF_ONE):
        return reading
    if answer.verdict == "digit" and not reading.parts:
        number = gettext("the number {number} {how}", number=turned.reading.number, how=turned.words)
        return _unsure((gettext("as it lies"), reading), other=number)
    hint = _to_turn([(turned.words, turned.reading)])
    return replace(reading, answer=replace(answer, sentence=f"{answer.sentence} {hint}"))


def _quarters_to_turn(pieces: InkPieces | None, classifier: Classifier) -> int:
    """Finds by how many quarters a page has to be turned to the left until its pieces read best, each by itself."""
    inks = pieces.of_usual_size(MOST_TO_LOOK_AT) if pieces else []
    if len(inks) < 2:
        return 0
    images = [pipeline.from_ink(np.rot90(ink, quarters)).image for quarters in range(4) for ink in inks]
    certain = np.log(classifier.calibrated(np.stack(images)).max(axis=1)).reshape(4, len(inks)).mean(axis=1)
    best = int(certain.argmax())
    return best if certain[best] > certain[0] + READS_BETTER else 0


def read_turned(reading: Reading, stages: Stages, classifier: Classifier) -> Reading:
    """Reads a picture turned by a quarter, too; takes that where it is one digit for certain and upright there is none.

    A number is none where all of its ink, turned, is one digit: a lying 8 is two zeros, and many a lying 5 is 151; but
    if it reads well, it is named beside that digit. One digit that is not quite certain is doubted. To both sides it
    may be the same digit, as a 0, an 8 and many a 5 are; but a lying 6 is a 9 when it is turned the other way, and a
    lying 3 is an M or a W: nobody can tell which. So is a lying 1 a dash.
    """
    looks = further_looks.turned_looks(stages)
    turned = [(look.words, read_as_one(pipeline.from_ink(look.ink, look.given), classifier)) for look in looks]
    given = [one for one in turned if is_given(one[1]) and _may_lie_as(reading, one[1])]
    given.sort(key=lambda one: -one[1].answer.probability)
    certain = [one for one in given if one[1].answer.probability >= SURE_OF_A_SIDE]
    if is_given(reading) and not reading.parts:
        others = [one for one in certain if one[1].shown != reading.shown]
        if not others:
            return reading
        as_it_lies = gettext("as it lies"), reading
        reads_well = reading.answer.probability >= READS_WELL_AS_IT_LIES
        return _unsure(as_it_lies, others[0]) if reads_well else _unsure(others[0], as_it_lies)
    if certain and len({one.shown for _, one in given}) == 1:
        words, best = certain[0]
        if best.answer.digit == LIES_LIKE_A_LETTER:
            return _unsure((words, best), other=gettext("no digit: it may be an M, a W or an E"))
        if _is_a_good_number(reading):
            return _unsure((words, best), other=gettext("the number {number} as it lies", number=reading.number))
        return _with_words(best, _but_upright(words, reading))
    if certain:
        return _unsure(*given)
    if is_given(reading) or not given:
        return reading
    if {one.answer.digit for _, one in given} == {LIES_LIKE_A_DASH}:
        return _unsure(given[0], other=gettext("no digit: it may be a dash"))
    return replace(reading, answer=replace(reading.answer, sentence=f"{reading.answer.sentence} {_to_turn(given)}"))


def _to_turn(looks: Sequence[tuple[str, Reading]]) -> str:
    """Says what a picture would be if it were turned."""
    read = "; ".join(gettext("{how}, it would read as {shown}", how=words, shown=one.shown) for words, one in looks)
    return gettext("{read}; if so, turn the picture and give it again.", read=f"{read[0].upper()}{read[1:]}")


def _may_lie_as(reading: Reading, turned: Reading) -> bool:
    """Whether the digit that a picture is when it is turned may look so as it lies; two zeros apart are no lying 8.

    A row of digits or letters is as narrow as a 1 when it is turned, but a lying 1 is one level stroke.
    """
    digit, is_number = turned.answer.digit, bool(reading.parts) and is_given(reading)
    if digit == LIES_LIKE_A_DASH:
        return not is_number and turned.stages is not None and further_looks.is_one_piece(turned.stages.ink)
    if not is_number or any(part.hangs_together for part in reading.parts):
        return True
    return len(reading.parts) == 2 and digit in IN_TWO_PIECES


def _is_a_good_number(reading: Reading) -> bool:
    """Whether a picture reads well as a number as it lies."""
    return bool(reading.parts) and all(part.answer.probability >= READS_WELL_AS_IT_LIES for part in reading.digits)


def _but_upright(words: str, reading: Reading) -> str:
    """How a picture was turned, and what it is as it lies."""
    if reading.parts:
        return gettext("{how}: upright it is the number {number}", how=words, number=reading.number)
    if reading.answer.verdict == "not a digit":
        return gettext("{how}: upright it is no digit", how=words)
    return gettext("{how}: upright it is no certain digit", how=words)


def _unsure(*looks: tuple[str, Reading], other: str = "") -> Reading:
    """Is unsure of what is one digit looked at in one way, and something else in another; shows the first."""
    digits = [
        f"{with_article(one.answer.digit or 0)} ({confidence(one.answer.probability)}) {words}" for words, one in looks
    ]
    either = gettext(", or ").join([*digits, other] if other else digits)
    first = looks[0][1]
    return replace(
        first,
        answer=replace(first.answer, verdict="unsure", sentence=gettext("Unsure: {either}.", either=either)),
    )
