"""What a lesson plan has to print: a worksheet and an exit ticket, one page each, in the language that is spoken."""

from mnist_core.classroom.plans import Plan
from mnist_core.language import gettext
from mnist_core.presentation.paper import Paper, Task


def worksheet(plan: Plan) -> Paper:
    tasks = tuple(Task(one.text, one.lines, one.choices, one.box) for one in plan.worksheet)
    return _paper(plan, gettext("Worksheet"), tasks, gettext("Digit Lab · Worksheet"))


def ticket(plan: Plan) -> Paper:
    tasks = tuple(Task(one.question, one.lines) for one in plan.ticket)
    return _paper(plan, gettext("Exit ticket"), tasks, gettext("Digit Lab · Exit ticket"))


def answers(plan: Plan) -> Paper:
    """The exit ticket with its answers, for the teacher."""
    tasks = tuple(Task(f"{one.question}\n{one.answer}") for one in plan.ticket)
    return _paper(plan, gettext("Exit ticket"), tasks, gettext("Digit Lab · Exit ticket with answers"))


def _paper(plan: Plan, what: str, tasks: tuple[Task, ...], brand: str) -> Paper:
    fields = (gettext("Made-up name"), gettext("Date"))
    return Paper(gettext("{what}: {title}", what=what, title=plan.title), brand, fields=fields, tasks=tasks)
