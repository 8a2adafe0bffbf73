"""A long stream ends when its token is ended, its key revoked or its process stopped."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import update
from websockets.exceptions import ConnectionClosed
from websockets.sync import client as sockets

from api.console.kit.access import SESSION_COOKIE
from api.http import live_updates
from api.http.services import services_of
from api.leadgen import live
from api.portal.chat_hub import chat_hub_of
from models.accounts.api_keys import create_api_key, revoke_api_key
from models.accounts.notifications import NotificationType, notify
from models.accounts.users import User
from models.core.enums import Role
from models.leadgen.events import EventKind, publish
from models.market.account_status import set_active
from tests.sockets import FOR_EVER, served
from tests.waiting import WAIT_LIMIT_SECONDS, wait_for


@pytest.fixture
def address(app, monkeypatch) -> Iterator[str]:
    """host:port of a real server whose streams end for no other reason."""
    for module in (live_updates, live):
        monkeypatch.setattr(module, "LIFETIME_SECONDS", FOR_EVER)
        monkeypatch.setattr(module, "CHECK_INTERVAL_SECONDS", 0.05)
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    with served(app) as place:
        yield place


def until_its_end(lines: Iterator[str]) -> Iterator[str]:
    """The lines of a stream that sends keep-alives at least twice a second and ends soon."""
    for number, line in enumerate(lines):
        assert number < 100, "the stream goes on"
        yield line


def sign_out(me, database):
    assert me("POST", "/auth/logout").status_code == 200


def new_password(me, database):
    database.execute(update(User).where(User.id == me.id).values(token_version=User.token_version + 1))


def deactivation(me, database):
    set_active(database, me.id, False)


@pytest.mark.parametrize("end", [sign_out, new_password, deactivation])
@pytest.mark.parametrize("path", ["/events", "/console/notifications/stream"])
def test_a_stream_ends_with_its_token(app, address, person, database, redis_url, path, end):
    me, budget = person(Role.REALTOR), services_of(app).long_lived
    headers = {"Authorization": f"Bearer {me.token}", "Cookie": f"{SESSION_COOKIE}={me.token}"}
    with httpx.stream("GET", f"http://{address}{path}", headers=headers, timeout=WAIT_LIMIT_SECONDS) as answer:
        assert answer.status_code == 200
        lines = answer.iter_lines()
        while not next(lines).startswith("data:"):
            pass
        end(me, database)
        database.commit()
        notify(database, me.id, NotificationType.NEW_MESSAGE, "chat:1", data={})
        database.commit()
        live_updates.notify(services_of(app).redis, live_updates.of_user(me.id))

        assert [line for line in until_its_end(lines) if line.startswith("data:")] == []
    wait_for(lambda: budget.open == 0)


@pytest.mark.parametrize("kind", ["events", "socket"])
def test_a_stream_ends_with_its_key(app, address, database, kind):
    key_row, key = create_api_key(database, "a partner's program")
    database.commit()
    headers = {"X-API-Key": key}

    def revoke_and_go_on() -> None:
        revoke_api_key(database, key_row.id)
        database.commit()
        publish(services_of(app).redis, EventKind.LEAD_CREATED, {"lead_id": "secret"})

    heard: list[str] = []
    if kind == "events":
        with httpx.stream("GET", f"http://{address}/api/events", headers=headers, timeout=WAIT_LIMIT_SECONDS) as answer:
            lines = answer.iter_lines()
            while not next(lines).startswith("data:"):
                pass
            revoke_and_go_on()
            heard = list(until_its_end(lines))
    else:
        with sockets.connect(f"ws://{address}/api/ws", additional_headers=headers, close_timeout=0.5) as socket:
            assert "hello" in socket.recv()
            revoke_and_go_on()
            with pytest.raises(ConnectionClosed):
                while True:
                    heard.append(str(socket.recv(timeout=WAIT_LIMIT_SECONDS)))
    assert not [each for each in heard if "secret" in each]


@pytest.mark.parametrize("kind", ["events", "socket"])
def test_a_stream_of_lead_generation_ends_when_its_process_stops(app, address, database, kind):
    _, key = create_api_key(database, "a partner's program")
    database.commit()
    headers = {"X-API-Key": key}
    if kind == "events":
        with httpx.stream("GET", f"http://{address}/api/events", headers=headers, timeout=WAIT_LIMIT_SECONDS) as answer:
            lines = answer.iter_lines()
            while not next(lines).startswith("data:"):
                pass
            chat_hub_of(app).close()
            assert [line for line in until_its_end(lines) if line.startswith("data:")] == []
    else:
        with sockets.connect(f"ws://{address}/api/ws", additional_headers=headers, close_timeout=0.5) as socket:
            assert "hello" in socket.recv()
            chat_hub_of(app).close()
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(timeout=WAIT_LIMIT_SECONDS)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1001
