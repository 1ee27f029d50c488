"""Entry point of Alembic: runs the migrations on the connection opened by `core.database`."""

from alembic import context

from core.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
