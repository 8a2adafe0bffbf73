"""Commands about accounts: administrators, API keys."""

import pytest
from click.testing import CliRunner

from models.api_keys import use_api_key
from models.database import connect, sessions
from models.enums import Role
from models.errors import ConflictError, NotSignedInError
from models.users import user_by_login
from scripts.commands import api_key, create_admin


@pytest.fixture
def run(clean_database, monkeypatch):
    """Runs a command; its output. Errors come out as they are."""
    monkeypatch.setenv("DATABASE_URL", clean_database)

    def run(command, *arguments: str) -> str:
        done = CliRunner().invoke(command, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return run


@pytest.fixture
def database(clean_database):
    engine = connect(clean_database)
    with sessions(engine)() as session:
        yield session
    engine.dispose()


def test_the_last_line_that_api_key_create_prints_is_a_key_that_works(run, database):
    key = run(api_key.command, "create", "ads").splitlines()[-1]

    row = use_api_key(database, key)
    assert row.name == "ads"
    assert key not in run(api_key.command, "list")


def test_a_revoked_key_works_no_more(run, database):
    key = run(api_key.command, "create", "ads").splitlines()[-1]
    run(api_key.command, "revoke", str(use_api_key(database, key).id))
    database.rollback()

    with pytest.raises(NotSignedInError):
        use_api_key(database, key)


def test_an_administrator_is_made_once(run, database):
    run(create_admin.command, "--email", "Admin@Example.com", "--password", "long enough")

    assert user_by_login(database, "admin@example.com").role is Role.ADMIN
    with pytest.raises(ConflictError):
        run(create_admin.command, "--email", "admin@example.com", "--password", "long enough")
