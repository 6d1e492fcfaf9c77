"""The tables of lessons, in the lab's database; `database/migrations` makes them."""

from sqlalchemy import Boolean, Column, Double, ForeignKey, Integer, String, Table, Text, UniqueConstraint, false

from mnist_core.database.connection import TABLES

LONGEST_CODE, LONGEST_NAME, LONGEST_TITLE, LONGEST_KIND, LONGEST_OWNER, LONGEST_PLAN = 8, 24, 80, 20, 32, 80

LESSONS = Table(
    "lab_lessons",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("code", String(LONGEST_CODE), nullable=False, index=True),
    Column("title", String(LONGEST_TITLE), nullable=False),
    Column("began", Double, nullable=False),  # in seconds since 1970 (UTC), as all times here
    Column("ended", Double),
    Column("activity", Integer),  # the one that all take part in; none where it is empty
    Column("frozen", Boolean, nullable=False),  # "eyes up": nobody can do anything
    Column("changes", Integer, nullable=False),  # how often anything of it has changed
    Column("steps", Integer, nullable=False),  # how often the teacher has changed what all see
    Column("wiped", Double),  # when the teacher deleted it; for a while they can bring it back
    Column("plan", String(LONGEST_PLAN)),  # the lesson plan that it follows, by name
    Column("plan_step", Integer),  # where it is in that plan, from 0
    Column("plan_since", Double),  # when it got there
    Column("locked", Boolean, nullable=False, server_default=false()),  # pupils stay on the lesson's page
    Column("shown", Integer),  # the entry of one pupil that all see large; none where it is empty
    sqlite_autoincrement=True,
)
MEMBERS = Table(
    "lab_members",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("lesson", Integer, ForeignKey(LESSONS.c.id), nullable=False, index=True),
    Column("owner", String(LONGEST_OWNER), nullable=False, index=True),  # whose browser it is, `ui.browser.owner`
    Column("name", String(LONGEST_NAME), nullable=False),
    Column("joined", Double, nullable=False),
    Column("seen", Double, nullable=False),  # when its browser was last there
    Column("removed", Boolean, nullable=False),
    UniqueConstraint("lesson", "owner", name="one_member_a_browser"),
    UniqueConstraint("lesson", "name", name="one_member_a_name"),
    sqlite_autoincrement=True,
)
ACTIVITIES = Table(
    "lab_activities",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("lesson", Integer, ForeignKey(LESSONS.c.id), nullable=False, index=True),
    Column("kind", String(LONGEST_KIND), nullable=False),
    Column("settings", Text, nullable=False),  # JSON, of the kind's own
    Column("began", Double, nullable=False),
    Column("closed", Boolean, nullable=False),  # nothing more is taken
    Column("revealed", Boolean, nullable=False),  # pupils see what is hidden until then
    sqlite_autoincrement=True,
)
ENTRIES = Table(
    "lab_entries",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("activity", Integer, ForeignKey(ACTIVITIES.c.id), nullable=False, index=True),
    Column("member", Integer, ForeignKey(MEMBERS.c.id), nullable=False, index=True),
    Column("content", Text, nullable=False),  # JSON, of the activity's kind
    Column("made", Double, nullable=False),
    Column("struck", Boolean, nullable=False),  # taken off by the teacher
    sqlite_autoincrement=True,
)
