"""What Alembic runs to bring a database up to date, over the connection that `database.schema` lends it."""

from alembic import context

from mnist_core.database.schema import VERSIONS

# Within the transaction that is under way, which all of the steps share.
context.configure(connection=context.config.attributes["connection"], version_table=VERSIONS, transactional_ddl=False)
context.run_migrations()
