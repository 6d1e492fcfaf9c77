"""Lessons that were wiped can be brought back for a while; a lesson may follow a plan."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("lab_lessons", sa.Column("wiped", sa.Double))
    op.add_column("lab_lessons", sa.Column("plan", sa.String(80)))
    op.add_column("lab_lessons", sa.Column("plan_step", sa.Integer))
    op.add_column("lab_lessons", sa.Column("plan_since", sa.Double))
