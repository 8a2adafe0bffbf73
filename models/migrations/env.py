"""How Alembic runs our migrations: on a connection that models.migrate hands over, with short lock waits."""

from alembic import context
from sqlalchemy import text

from models import Base

#: A migration that cannot get its lock soon fails rather than make everybody queue behind it.
LOCK_TIMEOUT = "5s"

connection = context.config.attributes["connection"]
connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
connection.execute(text("SET statement_timeout = 0"))
# Two releases that start at once migrate one after the other.
connection.execute(text("SELECT pg_advisory_lock(hashtextextended('leadmatch-migrations', 0))"))
connection.commit()
try:
    context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
finally:
    connection.rollback()
    connection.execute(text("SELECT pg_advisory_unlock(hashtextextended('leadmatch-migrations', 0))"))
    connection.commit()
