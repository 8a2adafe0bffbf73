"""
Our Python client follows events: it resumes where it stopped, survives a restart of the server, and ends on request.
Part of `make clients`.
"""

import os
import signal
import uuid
from collections.abc import Iterator

import httpx
import pytest

from tests.api.conftest import web_processes
from tests.clients.test_python_client import server
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.skipif(not os.environ.get("CLIENTS"), reason="part of `make clients`"),
    pytest.mark.timeout(600),
]

LEAD = {
    "client_name": "Самат",
    "requirements": {
        "location": {"city": "Туркестан", "districts": [], "metro_stations": []},
        "budget": {"min": 30000000, "max": 45000000},
        "area": {"min": 50, "max": 70},
        "rooms": [2],
        "property_type": "APARTMENT",
        "property_class": "COMFORT",
        "condition": "FINISHING",
        "payment_method": "MORTGAGE",
    },
}


@pytest.fixture
def start(process_environment, worker_process, preloaded) -> Iterator:
    """A function that starts a web process; a worker computes lists."""
    with web_processes(preloaded, process_environment) as start:
        yield lambda **environment: start(ENVIRONMENT="local", **environment)


def signed_up(url: str) -> str:
    """The token of a new realtor."""
    person = {
        "role": "agent",
        "name": "Айгуль",
        "email": f"{uuid.uuid4().hex}@example.com",
        "password": "correct horse battery",
        "phone": f"+7701{uuid.uuid4().int % 10**7:07}",
    }
    return httpx.post(f"{url}/auth/register", json=person).raise_for_status().json()["access_token"]


def new_lead(url: str, token: str) -> str:
    """The id of a new lead."""
    headers = {"Authorization": f"Bearer {token}"}
    lead_id = httpx.post(f"{url}/leads", json=LEAD, headers=headers).raise_for_status().json()["lead_id"]
    return str(lead_id)


def list_of(lead_id: str, events: Iterator):
    """The next event of the lead's list; an id may come more than once."""
    return next(each for each in events if each.kind == "lead_recommendations" and lead_id in each.data["ids"])


def test_events_are_resumed_after_a_restart_of_the_server_without_loss(client, start):
    """Events that happened without a connection are delivered later."""
    web, other = start(), start()
    token = signed_up(web.url)
    with client.Leadmatch(web.url, token=token) as leadmatch:
        events = leadmatch.events("/events")
        assert next(events).kind == "hello"
        first = new_lead(web.url, token)
        event = list_of(first, events)
        assert event.id.isdigit()

        os.killpg(web.pid, signal.SIGKILL)
        web.wait()
        second = new_lead(other.url, token)
        with client.Leadmatch(other.url, token=token) as elsewhere:
            follower = elsewhere.events("/events", event.id)
            assert list_of(second, follower)
            follower.close()
        start(PORT=web.url.rpartition(":")[2])

        assert next(events).kind == "hello"
        assert list_of(second, events)
        events.close()


def test_closing_the_iterator_closes_the_connection(client, start):
    """A process with few threads has one slot for a reader; the slot is free again."""
    web = start(WEB_THREADS="6")
    token = signed_up(web.url)
    headers = {"Authorization": f"Bearer {token}"}

    def status() -> int:
        with httpx.stream("GET", f"{web.url}/events", headers=headers) as answer:
            return answer.status_code

    with client.Leadmatch(web.url, token=token) as leadmatch:
        events = leadmatch.events("/events")
        assert next(events).kind == "hello"
        assert status() == 429
        events.close()
        wait_for(lambda: status() == 200, what="the place of the stream that was closed")
        with pytest.raises(StopIteration):
            next(events)


def test_a_refusal_is_raised_before_the_first_event_and_outlived_after_it(client, monkeypatch):
    monkeypatch.setattr("leadmatch_client.events.RECONNECT_SECONDS", 0.0)
    stream = {"Content-Type": "text/event-stream"}
    first, second = "id: 7\nevent: hello\ndata: {}\n\n", 'id: 9\nevent: match\ndata: {"ids": ["3"]}\n\n'
    answers = [(200, stream, first), (503, {}, {}), (429, {}, {}), (502, {}, {}), (200, stream, second), (401, {}, {})]
    with server(*answers) as (url, requests):
        with client.Leadmatch(url, transport=client.Retrying(retries=0)) as leadmatch:
            events = leadmatch.events("/events", "5")
            assert [(event.kind, event.id) for event in (next(events), next(events))] == [
                ("hello", "7"),
                ("match", "9"),
            ]
            with pytest.raises(client.NotSignedInError):
                next(events)
    assert [headers["Last-Event-ID"] for _, _, headers, _ in requests] == ["5", "7", "7", "7", "7", "9"]

    with server((503, {}, {})) as (url, _):
        with client.Leadmatch(url, transport=client.Retrying(retries=0)) as leadmatch:
            with pytest.raises(client.UnavailableError):
                next(leadmatch.events("/events"))
