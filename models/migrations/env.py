"""
Runs the migrations on the connection that models.platform.migrate passes, with short waits for locks.

Statements queue behind one that waits for a table's lock, so a migration waits briefly, and models.platform.migrate
retries it. An index on a table that grows is created without a lock, outside the transaction:

    with op.get_context().autocommit_block():
        op.create_index(..., postgresql_concurrently=True, if_not_exists=True)
"""

from alembic import context
from sqlalchemy import text

from models.all_tables import Base

#: How long other statements may queue behind a migration that waits for its lock.
LOCK_TIMEOUT = "2s"

connection = context.config.attributes["connection"]
connection.execute(text("SET statement_timeout = 0"))
# Two releases that start at once migrate one after the other, however long the first one takes.
connection.execute(text("SET lock_timeout = 0"))
connection.execute(text("SELECT pg_advisory_lock(hashtextextended('leadmatch-migrations', 0))"))
connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
connection.commit()
try:
    context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
finally:
    connection.rollback()
    connection.execute(text("SELECT pg_advisory_unlock(hashtextextended('leadmatch-migrations', 0))"))
    connection.commit()
