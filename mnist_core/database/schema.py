"""The tables of the database: brought up to date by Alembic, step by step, whatever release made them.

A step only adds tables or columns that may be empty, so that an older lab, which looks at its own alone, reads on.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
# The last step; Alembic itself, which takes 0.2 s to load, is asked only where a database has not got so far.
HEAD = "0004"
# Every table of the lab's begins so.
OURS = "lab_"
VERSIONS = "lab_alembic_version"


def is_foreign(names: set[str]) -> bool:
    """Whether tables of these names, and none of the lab's, are there."""
    return bool(names) and not any(name.startswith(OURS) for name in names)


def is_current(connection: Connection, names: set[str]) -> bool:
    """Whether nothing is left to do; so it is, too, in the database of a newer lab, whose steps are not known here."""
    if VERSIONS not in names:
        return False
    version = connection.execute(text(f"SELECT version_num FROM {VERSIONS}")).scalar()
    return version is not None and (version == HEAD or version not in _known())


def load() -> None:
    """Loads what takes the steps."""
    from alembic import command

    assert command


def bring_up_to_date(connection: Connection) -> None:
    """Takes the steps that are missing, within the connection's transaction."""
    from alembic import command

    command.upgrade(_alembic(connection), HEAD)


def _known() -> set[str]:
    from alembic.script import ScriptDirectory

    return {step.revision for step in ScriptDirectory.from_config(_alembic()).walk_revisions()}


def _alembic(connection: Connection | None = None) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
