"""Lessons: who takes part, what they do together, what each hands in."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "lab_lessons",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.String(8), nullable=False, index=True),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("began", sa.Double, nullable=False),
        sa.Column("ended", sa.Double),
        sa.Column("activity", sa.Integer),
        sa.Column("frozen", sa.Boolean, nullable=False),
        sa.Column("changes", sa.Integer, nullable=False),
        sa.Column("steps", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "lab_members",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("lesson", sa.Integer, sa.ForeignKey("lab_lessons.id"), nullable=False, index=True),
        sa.Column("owner", sa.String(32), nullable=False, index=True),
        sa.Column("name", sa.String(24), nullable=False),
        sa.Column("joined", sa.Double, nullable=False),
        sa.Column("seen", sa.Double, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.UniqueConstraint("lesson", "owner", name="one_member_a_browser"),
        sa.UniqueConstraint("lesson", "name", name="one_member_a_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "lab_activities",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("lesson", sa.Integer, sa.ForeignKey("lab_lessons.id"), nullable=False, index=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("began", sa.Double, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("revealed", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "lab_entries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("activity", sa.Integer, sa.ForeignKey("lab_activities.id"), nullable=False, index=True),
        sa.Column("member", sa.Integer, sa.ForeignKey("lab_members.id"), nullable=False, index=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("made", sa.Double, nullable=False),
        sa.Column("struck", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
