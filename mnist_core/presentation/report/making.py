"""How a model came about: the parts of a report about its settings, its training, its data and its making again."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

import mnist_core
from mnist_core.config import data_titles
from mnist_core.config.network import Layer
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.dataset import MNIST_IDENTITY
from mnist_core.data.sources import BUILT_IN
from mnist_core.errors import InputError
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.formatting import count, duration, listed, percent
from mnist_core.language import N_, as_written, gettext, ngettext
from mnist_core.presentation import status_words
from mnist_core.presentation.report import card, settings
from mnist_core.presentation.report.blocks import Block, Code, Section, Table, Text
from mnist_core.presentation.report.words import date, one_line
from mnist_core.runs.description import Continues, Imported, Tunes
from mnist_core.runs.run import Run

MOST_EPOCHS = 30
WHOSE_FIGURES = N_(
    "The card's figures are those of whoever wrote it. They may come from other images than this report's."
)
FACTS = (N_("What"), N_("Value"))


@dataclass(frozen=True)
class Origin:
    """What a run's folder says of how it came about; what it does not say, or says in no sense, is empty."""

    layers: tuple[Layer, ...]  # empty where they are lost
    config: TrainConfig | None  # None where they are lost, or where the model came without any
    # `name`, `identity`, `title`, `also_identity`; of an imported run, the data that it was judged by when it came
    dataset: dict[str, str]
    imported: Imported | None  # where it came from, if it was not trained here
    continues: Continues | None  # which run it goes on from
    tunes: Tunes | None  # which run's model it began with
    versions: dict[str, str]  # of the packages that it was trained with
    created: float  # in seconds since 1970; 0 where that is lost
    precision: str  # of its arithmetic; empty where nothing says it
    rate_changes: list[tuple[int, float]]  # from which step on it had which other learning rate

    @classmethod
    def of(cls, run: Run) -> "Origin":
        """Nothing in a damaged folder keeps a report from being made."""
        try:
            changes = run.rate_changes()
        except InputError:
            changes = []
        try:
            about = run.description()
        except InputError:
            return cls((), None, {}, None, None, None, {}, 0.0, "", changes)
        # A Keras file says what its layers are, but not how they were trained.
        known = None if about.imported and about.imported.kind == "keras" else about.config
        versions = about.imported.versions if about.imported else about.versions
        return cls(
            about.config.layers,
            known,
            about.dataset,
            about.imported,
            about.continues,
            about.tunes,
            versions,
            about.created,
            run.status().precision,
            changes,
        )

    @property
    def learned_from_dataset(self) -> bool:
        """Whether `dataset` is what it learned from."""
        return bool(self.dataset) and (not self.imported or self.imported.same_data)

    def names(self, evaluation: Evaluation) -> str:
        """By its identity."""
        if evaluation.identity and self.dataset.get("identity") == evaluation.identity:
            title = data_titles.shown(str(self.dataset.get("title") or ""))
            return title or settings.data_name(str(self.dataset.get("name")))
        return "MNIST" if evaluation.identity == MNIST_IDENTITY else gettext("other data")


def asked(origin: Origin) -> Section:
    blocks: list[Block] = []
    if origin.config:
        blocks.append(settings.table(origin.config, origin.precision))
    else:
        blocks.append(Text(gettext("The settings of this run are lost, or the model came without any.")))
    if origin.layers:
        blocks.append(settings.network(origin.layers))
    return Section(gettext("Settings"), tuple(blocks))


def training(run: Run, origin: Origin) -> Section:
    status = run.status()
    why = status_words.sentence(status)
    state = gettext(status.state)
    rows = [(gettext("State"), one_line(f"{state}. {why}" if why else state))]
    if origin.created:
        rows.append((gettext("Imported") if origin.imported else gettext("Set up"), date(origin.created)))
    if status.epoch:
        rows.append(
            (gettext("Epochs"), gettext("{epoch} of {epochs}", epoch=count(status.epoch), epochs=count(status.epochs)))
        )
        rows.append((gettext("Training time"), duration(status.seconds)))
    if origin.continues:
        before = gettext("{run}, after its epoch {epochs}", run=origin.continues.run, epochs=origin.continues.epochs)
        rows.append((gettext("Goes on from"), one_line(before)))
    if origin.tunes:
        rows.append((gettext("Began with the model"), one_line(origin.tunes.run)))
    if origin.rate_changes:
        changes = (
            gettext("{rate:g} from step {step} on", rate=rate, step=count(step)) for step, rate in origin.rate_changes
        )
        rows.append((gettext("Rate changed by hand"), ", ".join(changes)))
    return Section(gettext("Training"), (Table("", tuple(map(gettext, FACTS)), tuple(rows)), *_epochs(run)))


def _epochs(run: Run) -> Iterator[Block]:
    metrics = run.metrics()
    number = len(metrics["epoch"])
    if not number:
        return
    # Of a long run, epochs at even distances, the first and the last among them.
    shown = sorted({round(place) for place in np.linspace(0, number - 1, min(number, MOST_EPOCHS))})
    rows = tuple(
        (
            f"{metrics['epoch'][place]:g}",
            as_written(f"{metrics['loss'][place]:.4f}"),
            percent(metrics["accuracy"][place]),
            as_written(f"{metrics['val_loss'][place]:.4f}"),
            percent(metrics["val_accuracy"][place]),
            as_written(f"{metrics['learning_rate'][place]:.2g}"),
            as_written(f"{metrics['seconds'][place]:.1f}"),
        )
        for place in shown
    )
    columns = (
        gettext("Epoch"),
        gettext("Loss"),
        gettext("Accuracy"),
        gettext("Validation loss"),
        gettext("Validation accuracy"),
        gettext("Rate"),
        gettext("Seconds"),
    )
    which = (
        gettext("Each epoch")
        if len(shown) == number
        else gettext(
            "{some} of {all}",
            some=len(shown),
            all=ngettext("{number} epoch", "{number} epochs", number, number=count(number)),
        )
    )
    yield Table(which, columns, rows, numbers=6)


def again(run: Run, origin: Origin) -> Section:
    """The command that trains such a model, and what it cannot say."""
    if origin.config is None or origin.tunes or not origin.learned_from_dataset:
        return Section(
            gettext("Making it again"), (Text(gettext("No command is known that trains this model again.")),)
        )
    words = [
        gettext(
            "It trains the same network with the same seed on the same data. On the same machine "
            "the result is the same to the last bit, elsewhere nearly so."
        )
    ]
    if any(name not in BUILT_IN for name in origin.config.second_sources):
        words.append(_needed(origin))
    if origin.continues:
        words.append(gettext("This run went on from another one. Trained in one go, a model differs a little."))
    if origin.rate_changes:
        words.append(gettext("Its learning rate was changed by hand on the way. The command cannot say that."))
    if run.status().state == "stopped":
        words.append(gettext("This run was stopped before its last epoch. The command trains all of them."))
    if origin.config.early_stopping:
        words.append(gettext("Early stopping ends it where it ended this run."))
    line = settings.command(origin.config, str(origin.dataset.get("name")))
    return Section(gettext("Making it again"), (Code(line), Text(" ".join(words))))


def _needed(origin: Origin) -> str:
    known = one_line(origin.dataset.get("also_identity") or "")
    file = one_line(_also(origin.config))
    if not known:
        return gettext("It needs the second source, the file {file}, in models/data.", file=file)
    return gettext(
        "It needs the second source, the file {file}, in models/data; the SHA-256 of what it holds is {identity}.",
        file=file,
        identity=known,
    )


def sources(run: Run, origin: Origin, evaluation: Evaluation, data: str) -> Section:
    """What tells the run, its data and its versions from others."""
    rows = [
        (gettext("Run"), run.id),
        (gettext("Judged on"), one_line(data)),
        (gettext("– its SHA-256"), evaluation.identity or gettext("unknown")),
    ]
    if origin.learned_from_dataset:
        rows.append(
            (
                gettext("Trained on"),
                one_line(data_titles.shown(str(origin.dataset.get("title") or origin.dataset.get("name")))),
            )
        )
        rows.append((gettext("– its SHA-256"), one_line(origin.dataset.get("identity"))))
    elif origin.imported and origin.imported.learned_from:
        rows.append((gettext("Trained elsewhere, on"), one_line(data_titles.shown(origin.imported.learned_from))))
    if also := origin.dataset.get("also_identity"):
        rows += [(gettext("Second source"), _also(origin.config)), (gettext("– its SHA-256"), one_line(also))]
    if origin.config:
        rows.append((gettext("Seed"), str(origin.config.seed)))
    rows += [
        (gettext("Version of {package}", package=one_line(name)), one_line(number))
        for name, number in origin.versions.items()
    ]
    rows.append((gettext("Version of Digit Lab, now"), mnist_core.__version__))
    words = gettext(
        "All figures come from the model's answers to these images, on which it never "
        "trained. The classification report is scikit-learn's. “Likely between” is Wilson's "
        "95 % interval. The loss is the mean cross-entropy. A SHA-256 names pixels and "
        "labels, whatever file they came in."
    )
    return Section(
        gettext("Where the figures come from"), (Text(words), Table("", tuple(map(gettext, FACTS)), tuple(rows)))
    )


def _also(config: TrainConfig | None) -> str:
    return listed([settings.data_name(name) for name in config.second_sources]) if config else gettext("unknown")


def story(run: Run) -> Iterator[Section]:
    """The model card, if somebody wrote one."""
    try:
        text = run.card()
    except (OSError, UnicodeDecodeError):
        return
    if text.strip():
        yield Section(gettext("Model card"), (Text(gettext(WHOSE_FIGURES)), *card.blocks(text)))
