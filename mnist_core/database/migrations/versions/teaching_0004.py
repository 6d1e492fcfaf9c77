"""A teacher may keep a class on the lesson's page, and show all what one of them handed in."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("lab_lessons", sa.Column("locked", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("lab_lessons", sa.Column("shown", sa.Integer))
