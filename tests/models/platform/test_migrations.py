import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from models.accounts.audit import record
from models.all_tables import Base
from models.platform.migrate import downgrade, upgrade
from models.platform.revisions import FOLDER, is_current, known, newest


def test_migrated_schema_is_the_declared_one(engine):
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)

    assert differences == []


def test_the_files_of_revisions_are_named_as_alembic_knows_them():
    scripts = ScriptDirectory(str(FOLDER))

    assert known() == {revision.revision for revision in scripts.walk_revisions()}
    assert newest() == scripts.get_current_head()


def test_a_database_is_current_only_at_the_newest_revision(new_database):
    engine, empty = create_engine(new_database()), create_engine(new_database(template="template0"))
    older = sorted(known())[-2]
    answers = [is_current(empty), is_current(engine)]
    for revision in (older, "9999"):
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
        answers.append(is_current(engine))
    engine.dispose()
    empty.dispose()

    assert answers == [False, True, False, False]


def test_words_that_the_code_knows_are_the_words_that_the_database_takes(engine):
    """Alembic does not compare check constraints, but a value added to an enumeration needs a migration."""
    with engine.connect() as connection:
        checks = dict(
            connection.execute(
                text("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'")
            ).all()
        )
    for table in Base.metadata.tables.values():
        for column in table.columns:
            for word in getattr(column.type, "enums", ()):
                [definition] = [
                    definition for name, definition in checks.items() if name == f"ck_{table.name}_{column.type.name}"
                ]
                assert f"'{word}'" in definition, f"{table.name}.{column.name} does not take {word}"


def test_migrating_down_and_up_again_ends_where_it_began(new_database):
    url = new_database(template="template0")
    upgrade(url)
    downgrade(url, "base")
    engine = create_engine(url)
    with engine.connect() as connection:
        left = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    assert left == ["alembic_version"]

    upgrade(url)
    upgrade(url)  # twice changes nothing
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_every_write_raises_the_version(session):
    from tests.factories import make_lead, make_user

    lead = make_lead(session, make_user(session))
    before = (lead.version, lead.changed_in)
    session.execute(text("UPDATE leads SET notes = 'by hand' WHERE id = :id"), {"id": lead.id})
    session.refresh(lead)

    assert lead.version == before[0] + 1
    assert lead.changed_in >= before[1]


def test_a_migration_that_does_not_get_its_lock_lets_the_others_pass_and_tries_again(clean_database, monkeypatch):
    tries = []

    def migrate(config, revision):
        tries.append(revision)
        if len(tries) < 3:
            raise OperationalError("ALTER TABLE ...", {}, LockNotAvailable())

    class LockNotAvailable(Exception):
        pgcode = "55P03"

    monkeypatch.setattr("models.platform.migrate.command.upgrade", migrate)
    monkeypatch.setattr("models.platform.migrate.PAUSE_SECONDS", 0)
    upgrade(clean_database)

    assert tries == ["head"] * 3
    tries.clear()
    monkeypatch.setattr("models.platform.migrate.MAX_TRIES", 2)
    with pytest.raises(OperationalError):
        upgrade(clean_database)
    assert len(tries) == 2


def test_an_audit_entry_written_by_the_release_before_has_an_action(session):
    """Migration 0041 renamed `deed` to `action`; processes of the previous release still insert `deed`."""
    session.execute(text("INSERT INTO audit_log (deed, detail) VALUES ('signed_in', '{}')"))
    record(session, "user_erased")
    session.flush()

    written = session.execute(text("SELECT action, deed FROM audit_log ORDER BY id DESC LIMIT 2")).all()
    assert written == [("user_erased", "user_erased"), ("signed_in", "signed_in")]
