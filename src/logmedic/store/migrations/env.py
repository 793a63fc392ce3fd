"""Alembic's entry point. The caller hands in the connection; there is no alembic.ini."""

from alembic import context

from logmedic.store.tables import metadata

connection = context.config.attributes["connection"]
# batch mode: SQLite cannot alter a column in place
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
