"""The drawings that people labelled, as every release before had made them where they were missing."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLES = sa.MetaData()
sa.Table(
    "lab_collection",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("changes", sa.BigInteger, nullable=False),
)
sa.Table(
    "lab_format",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, nullable=False),
)
sa.Table(
    "lab_writers",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("session", sa.String(200), nullable=False, unique=True),
)
sa.Table(
    "lab_writer_owners",
    TABLES,
    sa.Column("writer", sa.ForeignKey("lab_writers.id"), primary_key=True, autoincrement=False),
    sa.Column("owner", sa.String(200), nullable=False, index=True),
)


def _about_a_drawing() -> list[sa.Column]:  # type: ignore[type-arg]
    return [
        sa.Column("label", sa.Integer, nullable=False, index=True),
        sa.Column("writer", sa.ForeignKey("lab_writers.id"), nullable=False),
        sa.Column("strokes", sa.Text, nullable=False),
        sa.Column("digit", sa.Integer),
        sa.Column("verdict", sa.String(200), nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("time", sa.Double, nullable=False),
    ]


sa.Table(
    "lab_drawings",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    *_about_a_drawing(),
    sqlite_autoincrement=True,
)
sa.Table(
    "lab_deleted_drawings",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    *_about_a_drawing(),
    sa.Column("deleted", sa.Double, nullable=False, index=True),
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind())  # those that are missing
