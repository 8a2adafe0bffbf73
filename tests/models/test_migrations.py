"""The migrations make exactly the tables that the code declares."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, pool

from models import Base
from models.migrate import downgrade, upgrade


def test_migrated_schema_is_the_declared_one(new_database):
    engine = create_engine(new_database(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})

        assert compare_metadata(context, Base.metadata) == []


def test_migrations_go_down_and_up_again(new_database):
    url = new_database()

    downgrade(url, "base")
    upgrade(url)
