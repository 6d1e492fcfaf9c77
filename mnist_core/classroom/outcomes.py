"""What came out of an activity, as blocks of a report: the figures and drawings that its board shows."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mnist_core.access.actor import Actor
from mnist_core.classroom import break_it, duel, hands, tune
from mnist_core.classroom.activities import Activities, Activity, Entry
from mnist_core.classroom.break_it import COUNTS, OTHERWISE, WAITS, Entered
from mnist_core.classroom.hands import CLASS, COLUMNS, GROUPS, NAMES
from mnist_core.classroom.tune import Change, Plan
from mnist_core.classroom.write import Written
from mnist_core.data import mnist_writers, sources
from mnist_core.data.handed_digits import Digits
from mnist_core.errors import InputError, LabError
from mnist_core.evaluation import judging
from mnist_core.evaluation.comparison import Comparison
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.significance import wilson
from mnist_core.formatting import confidence, count, percent
from mnist_core.inference.classifier import Classifier
from mnist_core.language import gettext, ngettext
from mnist_core.mnist import SIDE
from mnist_core.preprocessing.pipeline import prepare
from mnist_core.preprocessing.strokes import Strokes
from mnist_core.presentation.charts.comparison import accuracies, accuracies_sentence
from mnist_core.presentation.report.blocks import Block, Chart, Charts, Heading, Pictures, Table, Text
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run import Run

MOST_PICTURES = 40  # under one heading
Called = Mapping[int, str]  # by the member: how a report calls who took part


def blocks(
    activities: Activities, activity: Activity, entries: Sequence[Entry], called: Called, *, by: Actor
) -> tuple[Block, ...]:
    """Returns what came out, for the teacher; nothing for a kind that is told by what was handed in.

    Where it cannot be said any more, such as after a model was deleted, there is the reason.
    """
    by.check_in_charge(gettext("Seeing what a class did"))
    try:
        match activity.kind:
            case break_it.KIND if entries:
                return tuple(_break(break_it.of_entries(entries), called))
            case tune.KIND:
                return tuple(_tune(activities, activity, called, by))
            case duel.KIND:
                return tuple(_duel(activities, activity, by))
            case hands.KIND:
                return tuple(_hands(activities, activity, by))
            case _:
                return ()
    except LabError as error:
        return (Text(str(error)),)
    except (KeyError, TypeError, ValueError):  # damaged: what was handed in says enough
        return ()


def own_blocks(activities: Activities, activity: Activity, mine: Sequence[Entry], *, by: Actor) -> tuple[Block, ...]:
    """Returns what came of somebody's own in an activity; nothing for a kind that is told by what they handed in."""
    try:
        match activity.kind:
            case break_it.KIND if mine:
                return tuple(_own_break(activities, activity, mine, by))
            case tune.KIND:
                return tuple(_own_tune(activities, activity, by))
            case _:
                return ()
    except (LabError, KeyError, TypeError, ValueError):  # damaged, or gone
        return ()


def painted(strokes: Strokes) -> np.ndarray:
    """As the model sees it, uint8 `[28, 28]`; black where it cannot be painted."""
    try:
        return prepare(strokes)
    except InputError:
        return np.zeros((SIDE, SIDE), np.uint8)


def _pictures(drawings: Sequence[Written], captions: Sequence[str]) -> Pictures:
    images = np.array([painted(one.strokes) for one in drawings[:MOST_PICTURES]], np.uint8)
    return Pictures(images.reshape(-1, SIDE, SIDE), tuple(captions[:MOST_PICTURES]))


def _shares(label: str, right: int, total: int) -> tuple[str, str, str, str]:
    """A row: what it is, how many, which share, and its interval."""
    low, high = wilson(right, total)
    of = gettext("{right} of {total}", right=count(right), total=count(total))
    interval = gettext("{low} to {high}", low=percent(low, 1), high=percent(high, 1))
    return label, of, percent(right / total, 1) if total else "–", interval


def _share_columns(first: str) -> tuple[str, str, str, str]:
    return first, gettext("Read right"), gettext("Share"), gettext("Likely between")


# --- Break it --------------------------------------------------------------------------------------------------------


def _break(found: Sequence[Entered], called: Called) -> Iterator[Block]:
    """The leader board first, then what waits, and what others read in another way."""
    groups = {
        COUNTS: gettext("Those that count"),
        WAITS: gettext("Those that wait for a second opinion"),
        OTHERWISE: gettext("Those that do not count"),
    }
    yield Text(break_it.sentence(found))
    for standing, title in groups.items():
        mine = [one for one in found if one.standing == standing]
        if not mine:
            continue
        yield Heading(title)
        captions = [
            _break_caption(one, called, place if standing == COUNTS else 0) for place, one in enumerate(mine, 1)
        ]
        yield _pictures([one.drawing for one in mine], captions)


def _break_caption(one: Entered, called: Called, place: int) -> str:
    drawing = one.drawing
    words = gettext(
        "read as {read}, {sure} sure. {state}",
        read=drawing.read,
        sure=confidence(drawing.answer.probability),
        state=break_it.state(one),
    )
    name = called.get(drawing.member, "")
    return _named(gettext("{place}. {name}", place=place, name=name) if place else name, words)


def _named(name: str, words: str) -> str:
    return gettext("{name}: {words}", name=name, words=words) if name else words


def _own_break(activities: Activities, activity: Activity, mine: Sequence[Entry], by: Actor) -> Iterator[Block]:
    numbers = {entry.id for entry in mine}
    found = [one for one in break_it.entered(activities, activity.id, by=by) if one.drawing.id in numbers]
    if found:
        yield _pictures([one.drawing for one in found], [_break_caption(one, {}, 0) for one in found])
    if judged := len(mine) - len(found):
        yield Text(
            ngettext(
                "You said what {number} drawing is.",
                "You said what {number} drawings are.",
                judged,
                number=count(judged),
            )
        )


# --- Train on us -----------------------------------------------------------------------------------------------------


def _tune(activities: Activities, activity: Activity, called: Called, by: Actor) -> Iterator[Block]:
    """Before and after: on the half that judged, for each of them, on what the model knew, and epoch by epoch."""
    plan = Plan.of(activity)
    run, drawings = tune.run_of(plan), tune.drawings(activities, plan, by=by)
    found = tune.changes(plan.judged, drawings, tune.course(run, plan)) if run and run.has_model else []
    if not run or not found:
        yield Text(gettext("Nothing came of it: no model was trained on these drawings, or it was deleted."))
        return
    both = tune.counted(found)
    yield Text(
        gettext(
            "{learned} drawings were learned, and {judged} of others judged the model.",
            learned=count(len(plan.learned)),
            judged=count(len(plan.judged)),
        )
    )
    rows = [
        _shares(gettext("before"), both.before, both.total),
        _shares(gettext("now"), both.after, both.total),
    ]
    if old := _old(plan, run):
        rows.append(_shares(gettext("MNIST before"), old.before, old.total))
        rows.append(_shares(gettext("MNIST now"), old.after, old.total))
    yield Table("", _share_columns(gettext("When")), tuple(rows), numbers=3)
    yield Text(tune.verdict(found))
    yield _by_person(found, called)
    yield from _by_epoch(plan, run, drawings)
    yield from _changed(
        gettext("Right now, wrong before"), [one for one in found if one.is_right and not one.was_right], called
    )
    yield from _changed(
        gettext("Wrong now, right before"), [one for one in found if one.was_right and not one.is_right], called
    )


def _old(plan: Plan, run: Run) -> tune.Old | None:
    try:
        base = run_folders.find(plan.model)
        return tune.old(Evaluation.load(base.evaluation_path), Evaluation.load(run.evaluation_path))
    except LabError:  # one of them is gone
        return None


def _by_person(found: Sequence[Change], called: Called) -> Table:
    rows = []
    for member in dict.fromkeys(one.drawing.member for one in found):
        mine = tune.counted([one for one in found if one.drawing.member == member])
        before, after = (
            gettext("{number} of {total}", number=count(number), total=count(mine.total))
            for number in (mine.before, mine.after)
        )
        rows.append((called.get(member, ""), before, after))
    return Table(gettext("Who judged"), (gettext("Name"), gettext("before"), gettext("now")), tuple(rows), numbers=2)


def _by_epoch(plan: Plan, run: Run, drawings: Mapping[int, Written]) -> Iterator[Table]:
    epochs, total = tune.epochs(run, plan, drawings)
    rows = tuple(
        (
            one.words,
            gettext("{right} of {total}", right=count(one.right), total=count(total)),
            "–" if one.old is None else percent(one.old),
        )
        for one in epochs
    )
    if rows:
        columns = (gettext("When"), gettext("Our digits"), gettext("MNIST"))
        yield Table(gettext("Epoch by epoch"), columns, rows, numbers=2)


def _changed(title: str, found: Sequence[Change], called: Called) -> Iterator[Block]:
    if not found:
        return
    yield Heading(f"{title}: {count(len(found))}")
    captions = [_named(called.get(one.drawing.member, ""), _change_words(one)) for one in found]
    yield _pictures([one.drawing for one in found], captions)


def _change_words(one: Change) -> str:
    return gettext(
        "{digit}, read as {before}, now as {after}",
        digit=one.drawing.label,
        before=tune.sign(one.before),
        after=tune.sign(one.after),
    )


def _own_tune(activities: Activities, activity: Activity, by: Actor) -> Iterator[Block]:
    plan = Plan.of(activity)
    run, mine = tune.run_of(plan), tune.drawings(activities, plan, own=True, by=by)
    found = tune.changes(plan.entries, mine, tune.course(run, plan)) if run else []
    if not found:
        return
    learned = any(entry in plan.learned for entry in mine)
    yield Text(tune.own_sentence(found))
    yield Text(gettext("It learned from your drawings.") if learned else gettext("Your drawings judged it."))
    yield _pictures([one.drawing for one in found], [_change_words(one) for one in found])


# --- Duel ------------------------------------------------------------------------------------------------------------


def _judge(run: Run, digits: Digits) -> Evaluation:
    return judging.measure(Classifier(run.model_path), digits)


def _duel(activities: Activities, activity: Activity, by: Actor) -> Iterator[Block]:
    """Who wins, by how much, whether that could be chance, and digit by digit."""
    task = duel.Task.of(activity)
    runs = duel.runs(task)
    drawings = duel.drawings(activities, activity.id, by=by) if task.written else []
    comparison = duel.fight(duel.together(duel.painted(drawings), runs, task.collection), runs, _judge)
    titles = [summary.title(run) for run in runs]
    yield Text(duel.outcome(comparison))
    rows = tuple(
        _shares(f"{letter}: {title}", int(right.sum()), len(right))
        for letter, title, right in zip(comparison.names, titles, comparison.right, strict=True)
    )
    yield Table("", _share_columns(gettext("Model")), rows, numbers=3)
    yield Charts((Chart(accuracies(comparison, titles), accuracies_sentence(comparison)),))
    yield Text(" ".join(pair.sentence for pair in comparison.pairs))
    if details := " ".join(pair.details for pair in comparison.pairs if pair.details):
        yield Text(details)
    yield Heading(gettext("Digit by digit"))
    yield _by_digit(comparison)


def _by_digit(comparison: Comparison) -> Table:
    scores = [score for score in duel.by_digit(comparison) if score.total]
    rows = tuple(
        (name, *(f"{score.right[place]}/{score.total}{'★' * (place in score.best)}" for score in scores))
        for place, name in enumerate(comparison.names)
    )
    caption = gettext("★ reads most of them right. With few drawings of a digit that can be chance.")
    return Table(caption, ("", *(str(score.digit) for score in scores)), rows, numbers=len(scores))


# --- Whose hands? ----------------------------------------------------------------------------------------------------


def _hands(activities: Activities, activity: Activity, by: Actor) -> Iterator[Block]:
    """Who reads whose digits."""
    runs = hands.runs_of(hands.Task.of(activity))
    if not hands.are_trained(runs):
        yield Text(gettext("The two models were not trained, or one was deleted."))
        return
    mnist = sources.load("mnist")
    drawn = duel.painted(duel.drawings(activities, activity.id, by=by))
    judged = hands.judged(runs, hands.hands(mnist, mnist_writers.load(mnist), drawn), _judge)
    if CLASS in judged:
        yield Text(hands.outcome(judged[CLASS]))
    yield Table(
        gettext("Who reads whose digits right"),
        (gettext("Model"), *(gettext(COLUMNS[name]) for name in judged)),
        tuple(
            (f"{letter}: {gettext(NAMES[learner])}", *(_cell(one, place) for one in judged.values()))
            for place, (letter, learner) in enumerate(zip("AB", GROUPS, strict=True))
        ),
        numbers=len(judged),
    )
    for name, one in judged.items():
        yield Text(f"{gettext(COLUMNS[name])}: {one.pairs[0].sentence} {one.pairs[0].details}".strip())
    yield Text(gettext("★ is better, and hardly by chance. The first guess counts, however unsure the model is."))


def _cell(comparison: Comparison, place: int) -> str:
    """`98.7 %, 98.4 % to 99.0 % ★`."""
    right = comparison.right[place]
    low, high = wilson(int(right.sum()), len(right))
    star = " ★" if duel.winner(comparison) == place else ""
    words = gettext(
        "{share} ({low} to {high})", share=percent(float(right.mean()), 1), low=percent(low, 1), high=percent(high, 1)
    )
    return words + star
