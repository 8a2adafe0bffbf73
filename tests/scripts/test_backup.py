"""A dump of a working system can be restored to a database in which every rule holds (docs/operations.md, Backup)."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from models.platform.revisions import known, newest
from models.upkeep.invariants import check_all
from scripts.cli import cli
from scripts.one_line import one_line
from tests.conftest import ROOT
from tests.factories import make_lead, make_property, make_user

#: A name with characters that are special in shells, patterns and format strings.
NAME = "Мои [x] 100% it's $1.dump"


def leadmatch(url: str, *line: str) -> Result:
    return CliRunner().invoke(cli, line, env={"DATABASE_URL": url, "LEADMATCH_HOME": "/nonexistent"})


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        tables = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        ).all()
        return {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables}


@pytest.fixture
def dump(engine, clean_database, tmp_path) -> Path:
    """A backup of a database with a lead and a property."""
    with Session(engine) as session:
        make_lead(session, make_user(session))
        make_property(session, make_user(session))
        session.commit()
    done = leadmatch(clean_database, "backup", str(tmp_path / NAME))
    assert (done.exit_code, done.exception) == (0, None)
    return tmp_path / NAME


@pytest.mark.parametrize("template", ["template0", None], ids=["without a schema", "with an empty schema"])
def test_a_backup_restores_whole(engine, dump, new_database: Callable[..., str], template, tmp_path):
    url = new_database(template=template)
    done = leadmatch(url, "restore", str(dump))
    assert (done.exit_code, done.exception) == (0, None), done.output

    restored = create_engine(url)
    assert counts(restored) == counts(engine)
    assert counts(restored)["leads"] == 1
    with Session(restored) as session:
        assert [result.rule.key for result in check_all(session) if result.count] == []
    restored.dispose()
    again = tmp_path / "again"
    assert (
        leadmatch(url, "backup", str(again)).exit_code == 0
    )  # a restored database can be backed up and restored again
    assert leadmatch(new_database(template="template0"), "restore", str(again)).exit_code == 0


def test_nobody_else_may_read_a_backup_and_none_is_overwritten(dump, clean_database):
    assert oct(dump.stat().st_mode & 0o777) == "0o600"
    content = dump.read_bytes()
    done = leadmatch(clean_database, "backup", str(dump))

    assert "exists" in one_line(done.exception)
    assert dump.read_bytes() == content
    assert [path.name for path in dump.parent.iterdir()] == [NAME]


def test_a_database_with_people_in_it_is_not_restored_over(engine, dump, clean_database):
    before = counts(engine)
    done = leadmatch(clean_database, "restore", str(dump))

    assert "is not empty" in one_line(done.exception)
    assert counts(engine) == before


def test_a_part_of_a_backup_changes_nothing(dump, new_database):
    """The dump may end within its head, within its table of contents (nothing is restored), or within its rows."""
    content, url = dump.read_bytes(), new_database()
    engine = create_engine(url)
    before = counts(engine)
    for kept in (b"", content[:3], content[:200], content[: len(content) // 4], content[: len(content) // 2]):
        dump.write_bytes(kept)
        done = leadmatch(url, "restore", str(dump))

        assert done.exception is not None and "cannot be restored" in one_line(done.exception), len(kept)
        assert counts(engine) == before
    engine.dispose()


def test_a_backup_that_fails_leaves_no_file(tmp_path):
    done = leadmatch("postgresql://nobody@127.0.0.1:1/none", "backup", str(tmp_path / "x"))

    assert "Connection refused" in one_line(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_psql_reaches_the_systems_database_without_a_password_in_its_arguments(clean_database):
    query = "SELECT current_database(), current_setting('statement_timeout')"
    arguments = r"\! tr '\0' ' ' < /proc/$PPID/cmdline"
    variables = {"PGDATABASE": "another", "PGOPTIONS": "-c statement_timeout=12345", "PGSSLMODE": "require"}
    done = subprocess.run(
        [ROOT / ".venv/bin/python", "-m", "scripts", "psql", "-At", "-c", query, "-c", arguments],
        cwd=ROOT,
        env={**os.environ, **variables, "DATABASE_URL": clean_database, "LEADMATCH_HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    found, _, line = done.stdout.partition("\n")
    assert (done.returncode, found) == (0, "leadmatch_tests|0"), done.stderr
    password = make_url(clean_database).password
    assert "psql" in line and password and str(password) not in line


# -- A schema that is newer than the code


def test_a_newer_schema_is_reported_in_one_line_with_the_command_to_downgrade(new_database):
    url = new_database()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    for line in (["db", "upgrade"], ["db", "downgrade", newest(), "--yes"]):
        message = one_line(leadmatch(url, *line).exception)

        assert "newer (9999) than this release" in message
        assert f"`leadmatch db downgrade {newest()}`" in message


def test_the_way_back_leads_to_the_revision_that_the_older_release_names(new_database):
    url = new_database()
    previous = max(known() - {newest()})

    assert leadmatch(url, "db", "downgrade", previous, "--yes").exit_code == 0
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == previous
    engine.dispose()
    assert leadmatch(url, "db", "upgrade").exit_code == 0


@pytest.mark.parametrize(("revision", "expected"), [("1234567", "no revision 1234567"), ("base", "delete everything")])
def test_a_way_back_to_nowhere_is_refused(clean_database, revision, expected):
    done = leadmatch(clean_database, "db", "downgrade", revision, "--yes")

    assert expected in done.output + str(done.exception)
