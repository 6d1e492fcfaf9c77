"""How sure a model may be: the part of a report about its probabilities."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mnist_core.evaluation import reliability
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.reliability import Reliability
from mnist_core.evaluation.significance import wilson
from mnist_core.formatting import count, percent
from mnist_core.inference.calibration import Calibration
from mnist_core.language import as_written, gettext
from mnist_core.presentation.charts import reliability as reliability_charts
from mnist_core.presentation.report.blocks import Block, Chart, Charts, Headline, Section, Table, Text
from mnist_core.runs.run import Run


@dataclass(frozen=True)
class Sureness:
    """A run's probabilities against what they should say, as the network gives them and after the temperature."""

    calibration: Calibration  # with the thresholds of the run's verdicts
    before: Reliability  # of the network's own probabilities
    after: Reliability | None  # of the calibrated ones; None where no temperature was fitted

    @classmethod
    def of(cls, run: Run, evaluation: Evaluation) -> "Sureness":
        calibration = Calibration.load(run.calibration_path)
        return cls(calibration, *reliability.before_and_after(evaluation.probabilities, evaluation.labels, calibration))

    def headline(self) -> Headline:
        """The calibration error of the probabilities as the lab gives them."""
        if self.after is None:
            return Headline(gettext("Calibration error"), percent(self.before.error), gettext("not corrected"))
        return Headline(gettext("Calibration error"), percent(self.after.error), gettext("after the correction"))

    def section(self) -> Section:
        """The diagram, the errors and the thresholds."""
        words = [reliability.error_sentence(self.before, self.after)]
        if self.after:
            words.append(reliability.temperature_sentence(self.calibration))
        else:
            words.append(gettext(reliability.NOT_CALIBRATED))
        method = [gettext(reliability.METHOD)]
        if self.after:
            method.append(reliability.temperature_details(self.calibration))
        both = self.before, self.after
        charts = (
            Chart(reliability_charts.reliability(*both), reliability_charts.reliability_sentence(*both)),
            Chart(reliability_charts.bin_counts(*both), reliability_charts.bin_counts_sentence(*both)),
        )
        blocks: list[Block] = [Text(" ".join(words)), Charts(charts), Text(" ".join(method))]
        if self.after:
            blocks += _limits(self.calibration)
        return Section(gettext("Calibration"), (*blocks, _listed(self.after or self.before)))


def _limits(calibration: Calibration) -> Iterator[Block]:
    rows = [
        (gettext("Temperature"), as_written(f"{calibration.temperature:.3f}")),
        (gettext("“Unsure” below a probability of"), percent(calibration.sure)),
        (gettext("“Not a digit” if the two highest add up to less than"), percent(calibration.two)),
    ]
    if not math.isnan(calibration.refused):
        rows.append((gettext("Real digits refused by mistake"), percent(calibration.refused)))
    yield Table(
        gettext("When the lab does not name a digit"), (gettext("What"), gettext("Value")), tuple(rows), numbers=1
    )
    if calibration.caught:
        kinds = ", ".join(f"{gettext(kind)} {percent(share, 0)}" for kind, share in calibration.caught.items())
        yield Text(gettext("Shown what is no digit, the model notices it in so many cases: {kinds}.", kinds=kinds))


def _listed(measured: Reliability) -> Table:
    rows = []
    for place in reversed(measured.images.nonzero()[0].tolist()):
        images, right = int(measured.images[place]), int(measured.right[place])
        low, high = wilson(right, images)
        sure, interval = (
            percent(float(measured.confidence[place])),
            gettext("{low} to {high}", low=percent(low, 1), high=percent(high, 1)),
        )
        rows.append((reliability.bin_name(place), count(images), sure, percent(right / images), interval))
    columns = (
        gettext("How sure"),
        gettext("Images"),
        gettext("On average"),
        gettext("Read right"),
        gettext("Likely between"),
    )
    return Table(gettext("The groups of the chart"), columns, tuple(rows), numbers=4)
