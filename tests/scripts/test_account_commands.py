"""Commands about accounts: administrators, API keys."""

import json

import pytest
from click.testing import CliRunner

from models.accounts.api_keys import use_api_key
from models.accounts.uploads import add_upload
from models.accounts.users import user_by_login
from models.core.enums import Role
from models.core.errors import ConflictError, NotFoundError, NotSignedInError
from models.platform.database import connect, sessions
from models.platform.settings import Settings
from models.platform.storage import Storage
from scripts.commands import api_key, create_admin, user
from tests.factories import make_lead, make_property, make_user


@pytest.fixture
def run(process_environment, monkeypatch):
    """A function that runs a command and returns its output; exceptions are not caught."""
    for name, value in process_environment.items():
        monkeypatch.setenv(name, value)

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

    admin = user_by_login(database, "admin@example.com")
    assert (admin.role, admin.name) == (Role.ADMIN, "Admin")
    with pytest.raises(ConflictError):
        run(create_admin.command, "--email", "admin@example.com", "--password", "long enough")


def test_a_person_gets_all_that_is_stored_about_them_and_no_secret(run, database):
    me = make_user(database, name="Иван", password_hash="the hash", profile={"city": "Астана"})
    lead = make_lead(database, me, client_contacts="+77011112233")
    make_property(database, make_user(database, name="Дмитрий"))
    database.commit()

    found = json.loads(run(user.command, "export", str(me.id)))

    assert (found["user"]["name"], found["user"]["profile"]) == ("Иван", {"city": "Астана"})
    assert [row["id"] for row in found["leads"]] == [lead.id]
    assert found["leads"][0]["client_contacts"] == "+77011112233"
    assert found["properties"] == []
    assert "the hash" not in json.dumps(found) and "Дмитрий" not in json.dumps(found, ensure_ascii=False)


def test_a_user_without_a_phone_can_be_erased_too(run, database, process_environment):
    make_user(database, Role.ADMIN)
    me = make_user(database, name="Иван", phone=None, telegram_id="42")
    lead = make_lead(database, me, client_contacts="+77011112233")
    row = add_upload(database, me, purpose="avatar", content_type="image/png", ending="png", size=3)
    storage = Storage(Settings.from_env(process_environment).media_url)
    storage.put(row.name, b"png")
    name = row.name
    database.commit()

    run(user.command, "erase", str(me.id), "--yes")

    database.expire_all()
    assert (me.name, me.telegram_id, me.is_active, lead.client_contacts) == (None, None, False, None)
    assert name not in [stored for stored, _ in storage.names()]
    with pytest.raises(NotFoundError):
        run(user.command, "erase", str(me.id), "--yes")
