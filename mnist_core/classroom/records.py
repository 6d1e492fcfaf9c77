"""A lesson as a report to keep: all of it for the teacher, and for each pupil what they did themselves."""

import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

import mnist_core
from mnist_core.access.actor import Actor
from mnist_core.classroom import bet, handed_in, outcomes, write
from mnist_core.classroom.activities import Activities, Activity, Entry
from mnist_core.classroom.bet import Question
from mnist_core.classroom.handed_in import Person
from mnist_core.classroom.lessons import Lesson
from mnist_core.classroom.write import NOT_READ, Written
from mnist_core.errors import InputError
from mnist_core.formatting import confidence, count, percent
from mnist_core.language import gettext, ngettext
from mnist_core.mnist import CLASSES, SIDE
from mnist_core.presentation.palette import root_shades
from mnist_core.presentation.report.blocks import Block, Headline, Pictures, Report, Section, Table, Text
from mnist_core.presentation.report.words import date, one_line

MOST_PICTURES = 240  # of an activity in the report on paper; the files have all
Names = Mapping[int, Person]


def of_class(activities: Activities, lesson: int, with_names: bool, *, by: Actor) -> Report:
    """What all did, for the teacher."""
    by.check_in_charge(gettext("Seeing what a class did"))
    found = activities.lessons.lesson(lesson)
    names = handed_in.people(activities.lessons.members(lesson, by=by), with_names)
    done = activities.of_lesson(lesson, by=by)
    entries = {activity.id: activities.entries(activity.id, by=by) for activity in done}
    everything = [entry for some in entries.values() for entry in some]
    headlines = (
        Headline(gettext("People"), count(len({entry.member for entry in everything})), gettext("who handed in")),
        *_counts(everything),
    )
    sections = tuple(_section(activities, activity, entries[activity.id], names, by) for activity in done)
    return _report(found, one_line(handed_in.lesson_title(found)), headlines, sections)


def of_one(activities: Activities, lesson: int, *, by: Actor) -> Report:
    """What somebody did themselves, to take home once the lesson has ended; raises as `of_own_lesson` does."""
    done = activities.of_own_lesson(lesson, by=by)
    found = activities.lessons.lesson(lesson)
    mine = {activity.id: activities.entries(activity.id, own=True, by=by) for activity in done}
    everything = [entry for some in mine.values() for entry in some]
    name = everything[0].name if everything else gettext("You")
    sections = tuple(_own_sections(activities, done, mine, by))
    if not sections:
        sections = (Section(gettext("Your drawings"), (Text(gettext("You handed nothing in.")),)),)
    return _report(found, one_line(name), tuple(_counts(everything)), sections)


def _report(lesson: Lesson, title: str, headlines: Sequence[Headline], sections: Sequence[Section]) -> Report:
    subtitle = gettext("Lesson {title}, {date}", title=handed_in.lesson_title(lesson), date=date(lesson.began))
    made = gettext("Made by Digit Lab {version} on {date}", version=mnist_core.__version__, date=date(time.time()))
    return Report(title, one_line(subtitle), "", tuple(headlines), tuple(sections), made, time.time())


def _counts(entries: Sequence[Entry]) -> Iterator[Headline]:
    drawn = [entry for entry in entries if handed_in.strokes_of(entry)]
    yield Headline(gettext("Drawings"), count(len(drawn)), _right_words(drawn))
    yield Headline(gettext("Answers"), count(len(entries) - len(drawn)))


def _right_words(drawn: Sequence[Entry]) -> str:
    read = _read(drawn)
    right = sum(one.is_right for one in read)
    return gettext("{number} read right", number=count(right)) if read else ""


def _read(entries: Sequence[Entry]) -> list[Written]:
    """The drawings that a model answered; a damaged one is left out."""
    found = []
    for entry in entries:
        try:
            found.append(Written.of(entry))
        except InputError:
            continue
    return found


# --- All of a class --------------------------------------------------------------------------------------------------


def _section(activities: Activities, activity: Activity, entries: Sequence[Entry], names: Names, by: Actor) -> Section:
    title = one_line(handed_in.heading(activity))
    called = {member: one_line(person.name) for member, person in names.items()}
    if came_out := outcomes.blocks(activities, activity, entries, called, by=by):
        return Section(title, came_out)
    if not entries:
        return Section(title, (Text(gettext("Nobody handed anything in.")),))
    if question := handed_in.question_of(activity):
        return Section(title, tuple(_bet(question, handed_in.bets(question, entries), names)))
    drawn = [entry for entry in entries if handed_in.strokes_of(entry)]
    if drawn:
        return Section(title, tuple(_drawings(drawn, names)))
    rows = tuple(
        (_name(entry, names), handed_in.answer_words(activity, entry, _masks(entries, names))) for entry in entries
    )
    return Section(title, (Table("", (gettext("Name"), gettext("Handed in")), rows),))


def _name(entry: Entry, names: Names) -> str:
    return one_line(names[entry.member].name) if entry.member in names else ""


def _masks(entries: Sequence[Entry], names: Names) -> dict[str, str]:
    return {entry.name: names[entry.member].name for entry in entries if entry.member in names}


def _bet(question: Question, entries: Sequence[Entry], names: Names) -> Iterator[Block]:
    yield from _asked_picture(question)
    total = len(entries)
    rows = tuple(
        (words, count(number), percent(number / total, 0)) for words, number in bet.distribution(question, entries)
    )
    yield Table("", (gettext("Answer"), gettext("How many"), gettext("Share")), rows, numbers=2)
    if question.answer is not None:
        yield Text(gettext("It was {answer}.", answer=question.quoted(question.answer)))
    if winners := bet.nearest(question, entries):
        all_names = ", ".join(_name(entry, names) for entry in winners)
        yield Text(
            ngettext("Right: {names}.", "Right: {names}.", len(winners), names=all_names)
            if question.options
            else ngettext("Nearest: {names}.", "Nearest: {names}.", len(winners), names=all_names)
        )


def _asked_picture(question: Question) -> Iterator[Pictures]:
    if question.image:
        yield Pictures(np.array(question.image, np.uint8).reshape(1, SIDE, SIDE), (gettext("This was asked about"),))


def _drawings(entries: Sequence[Entry], names: Names) -> Iterator[Block]:
    read = _read(entries)
    if read:
        right = sum(one.is_right for one in read)
        yield Text(
            gettext(
                "{right} of {drawings} were read right ({share}).",
                right=count(right),
                drawings=ngettext("{number} drawing", "{number} drawings", len(read), number=count(len(read))),
                share=percent(right / len(read), 0),
            )
        )
        yield _matrix(read)
    if len(entries) > MOST_PICTURES:
        yield Text(gettext("The newest {shown} of them:", shown=count(MOST_PICTURES)))
    yield _pictures(entries[-MOST_PICTURES:], [_name(entry, names) for entry in entries[-MOST_PICTURES:]])


def _matrix(read: Sequence[Written]) -> Table:
    matrix = write.confusion(read)
    shown = [digit for digit in range(CLASSES) if matrix[digit].any()]
    rows = tuple((str(digit), *(count(int(value)) if value else "·" for value in matrix[digit])) for digit in shown)
    shades = tuple(map(tuple, root_shades(matrix[shown]).tolist()))
    caption = gettext("Drawings: a row for what was to be written, a column for what it was read as")
    return Table(caption, ("", *map(str, range(CLASSES)), "–"), rows, CLASSES + 1, shades)


def _pictures(entries: Sequence[Entry], names: Sequence[str]) -> Pictures:
    images = np.array([outcomes.painted(handed_in.strokes_of(entry)) for entry in entries], np.uint8)
    captions = [
        f"{name}: {_caption(entry)}" if name else _caption(entry) for entry, name in zip(entries, names, strict=True)
    ]
    return Pictures(images.reshape(-1, SIDE, SIDE), tuple(captions))


def _caption(entry: Entry) -> str:
    """`7, read as a 1, 93 % sure`."""
    try:
        one = Written.of(entry)
    except InputError:
        label = handed_in.label_of(entry)
        return "" if label is None else str(label)
    if one.read == NOT_READ:
        return gettext("{digit}, not read as a digit", digit=one.label)
    return gettext(
        "{digit}, read as {read}, {sure} sure", digit=one.label, read=one.read, sure=confidence(one.answer.probability)
    )


# --- One of them -----------------------------------------------------------------------------------------------------


def _own_sections(
    activities: Activities, done: Sequence[Activity], mine: Mapping[int, Sequence[Entry]], by: Actor
) -> Iterator[Section]:
    for activity in done:
        if came_out := outcomes.own_blocks(activities, activity, mine[activity.id], by=by):
            yield Section(one_line(handed_in.heading(activity)), came_out)
        elif mine[activity.id]:
            yield _own_section(activity, mine[activity.id])


def _own_section(activity: Activity, mine: Sequence[Entry]) -> Section:
    title = one_line(handed_in.heading(activity))
    if (question := handed_in.question_of(activity)) and (bets := handed_in.bets(question, mine)):
        return Section(title, tuple(_own_bet(question, bets[-1])))
    drawn = [entry for entry in mine if handed_in.strokes_of(entry)]
    if drawn:
        return Section(title, (_pictures(drawn, [""] * len(drawn)),))
    return Section(title, tuple(Text(handed_in.answer_words(activity, entry, {})) for entry in mine))


def _own_bet(question: Question, entry: Entry) -> Iterator[Block]:
    yield from _asked_picture(question)
    value = float(entry.content["value"])
    yield Text(gettext("You said {answer}.", answer=question.quoted(value)))
    if question.answer is None:
        return
    yield Text(gettext("It was {answer}.", answer=question.quoted(question.answer)))
    if value == question.answer:
        yield Text(gettext("You were right."))
    elif not question.options:
        yield Text(gettext("You were {away} away from it.", away=question.away(value)))
