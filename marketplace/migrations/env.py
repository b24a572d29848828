"""Alembic's entrance: runs migrations on the connection that `web.migrate` opened."""

from alembic import context

from marketplace.foundation.database import Table

LOCK = 7_236_104_201  # one migration at a time, whoever starts it

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Table.metadata,
    include_schemas=True,
    compare_type=True,
    compare_server_default=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    context.run_migrations()
