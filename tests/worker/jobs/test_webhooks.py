"""Webhooks sent to a real receiver on this machine, which fails, is slow, goes away or gets a message twice."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections import defaultdict
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from standardwebhooks.webhooks import WebhookVerificationError

from models.core.base import database_now
from models.core.enums import Role
from models.upkeep.invariants import check_all
from models.webhooks.deliveries import LEASE, PAUSES
from models.webhooks.endpoints import add_endpoint, rotate_secret
from models.webhooks.events import record_events
from models.webhooks.tables import Delivery, DeliveryError, DeliveryState, Endpoint, Event, EventType
from tests.factories import make_user
from tests.receivers import Receiver
from worker.celery_app import task_context
from worker.jobs import webhooks
from worker.notification_tasks import send_webhooks

A_DAY = timedelta(days=1)


@pytest.fixture
def receiver():
    receiver_ = Receiver()
    yield receiver_
    receiver_.close()


@pytest.fixture
def sessions(new_worker_session, monkeypatch):
    """The worker's functions in this process, allowed to send to it."""
    monkeypatch.setenv("WEBHOOK_PRIVATE_ADDRESSES", "1")
    task_context.settings.cache_clear()
    return new_worker_session


@pytest.fixture
def subscribed(sessions, receiver):
    """A function that creates a realtor with an endpoint for matches."""

    def make(url=None):
        with sessions() as session:
            owner = make_user(session, Role.REALTOR)
            fields = {"url": url or receiver.url(), "types": [EventType.MATCH_CREATED]}
            endpoint = add_endpoint(session, owner, fields, allow_private=True)
            session.commit()
            return endpoint

    return make


def happen(sessions, endpoint, *subjects):
    """Record an event about each subject; `n` counts them."""
    with sessions() as session:
        new_events = [(subject, {"match_id": subject, "n": number}) for number, subject in enumerate(subjects)]
        record_events(session, EventType.MATCH_CREATED, new_events, owners=[endpoint.owner_id])
        session.commit()


def later(sessions, by=A_DAY):
    """Move the clock by *by*, so that later deliveries are due now."""
    with sessions() as session:
        session.execute(update(Delivery).values(next_at=Delivery.next_at - by))
        session.execute(update(Endpoint).values(paused_until=Endpoint.paused_until - by))
        session.commit()


def deliveries(sessions):
    with sessions() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def the_endpoint(sessions):
    with sessions() as session:
        return session.scalars(select(Endpoint)).one()


def test_an_event_arrives_signed_as_receivers_verify_it(sessions, receiver, subscribed):
    endpoint = subscribed()
    happen(sessions, endpoint, "match:1")
    send_webhooks()

    [request] = receiver.got
    assert request.verified(endpoint.secret) == request.event
    assert request.event["type"] == "match.created"
    assert request.event["data"] == {"match_id": "match:1", "n": 0}
    assert request.event["timestamp"].endswith("Z")
    assert request.headers["content-type"] == "application/json"
    [delivery] = deliveries(sessions)
    assert (delivery.state, delivery.attempts, delivery.last_status) == (DeliveryState.DELIVERED, 1, 200)


def test_both_secrets_sign_for_a_day_after_a_rotation(sessions, receiver, subscribed):
    endpoint = subscribed()
    with sessions() as session:
        new = rotate_secret(session, session.get(Endpoint, endpoint.id))
        session.commit()
    happen(sessions, endpoint, "match:1")
    send_webhooks()
    with sessions() as session:
        session.execute(update(Endpoint).values(old_secret_until=Endpoint.old_secret_until - A_DAY))
        session.commit()
    happen(sessions, endpoint, "match:2")
    send_webhooks()

    within, after = receiver.got
    assert within.verified(endpoint.secret) == within.verified(new)
    assert after.verified(new)
    with pytest.raises(WebhookVerificationError):
        after.verified(endpoint.secret)


def test_a_failed_webhook_is_sent_again_under_the_same_id_until_it_succeeds(sessions, receiver, subscribed):
    endpoint = subscribed()
    answers = iter([500, 503, 200])
    receiver.answer = lambda _: next(answers)
    happen(sessions, endpoint, "match:1")
    for _ in range(4):
        send_webhooks()
        send_webhooks()  # not due yet
        later(sessions)

    assert len(receiver.got) == 3
    assert len({request.message_id for request in receiver.got}) == 1
    [delivery] = deliveries(sessions)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 3)
    assert the_endpoint(sessions).failures == 0


def test_attempts_follow_the_schedule_for_three_days_and_then_end(sessions, receiver, subscribed):
    endpoint = subscribed()
    receiver.answer = lambda _: 500
    happen(sessions, endpoint, "match:1")
    pauses = []
    for _ in range(len(PAUSES) + 1):
        send_webhooks()
        [delivery] = deliveries(sessions)
        pauses.append(delivery.next_at - delivery.last_attempt_at)
        later(sessions, timedelta(days=2))
    send_webhooks()

    assert len(receiver.got) == 10
    assert deliveries(sessions)[0].state is DeliveryState.FAILED
    # The time of an attempt is the time of its outcome minus the duration of the request.
    assert [round(pause / PAUSES[0]) for pause in pauses[:9]] == [round(pause / PAUSES[0]) for pause in PAUSES]
    assert timedelta(days=3) < sum(PAUSES, timedelta()) < timedelta(days=4)


def test_an_endpoint_that_is_gone_is_switched_off(sessions, receiver, subscribed):
    endpoint = subscribed()
    receiver.answer = lambda _: 410
    happen(sessions, endpoint, "match:1", "match:2")
    send_webhooks()
    later(sessions)
    send_webhooks()
    happen(sessions, endpoint, "match:3")

    found = the_endpoint(sessions)
    assert (found.is_enabled, found.disabled_reason) == (False, "gone")
    assert len(receiver.got) <= 2  # the two were sent at the same time
    assert len(deliveries(sessions)) == 2


def test_a_receiver_that_goes_away_and_comes_back_gets_everything(sessions, subscribed):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        endpoint = subscribed(f"http://127.0.0.1:{reserved.getsockname()[1]}/hook")
        happen(sessions, endpoint, *(f"match:{number}" for number in range(20)))
        send_webhooks()
        later(sessions)
        send_webhooks()
    tried = deliveries(sessions)
    assert {each.last_error for each in tried} == {DeliveryError.UNREACHABLE, None}
    assert sum(each.attempts for each in tried) <= 8  # not a request for each of the twenty

    back = Receiver()
    with sessions() as session:
        session.execute(update(Endpoint).values(url=back.url()))
        session.commit()
    later(sessions)
    send_webhooks()
    later(sessions)
    send_webhooks()
    back.close()

    assert {each.state for each in deliveries(sessions)} == {DeliveryState.DELIVERED}
    assert len(back.got) == 20


def test_a_slow_receiver_keeps_no_other_waiting(sessions, receiver, subscribed):
    slow, quick = subscribed(receiver.url("/slow")), subscribed(receiver.url("/quick"))
    is_done = threading.Event()
    quick_count = iter(range(1, 100))

    def answer(request):
        if request.path == "/slow":
            happen(sessions, quick, *(f"match:{number}" for number in range(30)))  # while it is being sent to
            is_done.wait()
        elif next(quick_count) == 30:
            is_done.set()  # the slow receiver answers only after the quick one has got everything
        return 200

    receiver.answer = answer
    happen(sessions, slow, "match:1")
    send_webhooks()

    assert is_done.is_set()
    assert {each.state for each in deliveries(sessions)} == {DeliveryState.DELIVERED}


def test_redirects_are_not_followed(sessions, receiver, subscribed):
    endpoint = subscribed()
    receiver.answer = lambda request: (307, {"Location": receiver.url("/elsewhere")})
    happen(sessions, endpoint, "match:1")
    send_webhooks()

    assert [request.path for request in receiver.got] == ["/hook"]
    assert deliveries(sessions)[0].last_error is DeliveryError.REDIRECT


def test_a_receiver_may_ask_for_a_pause(sessions, receiver, subscribed):
    endpoint = subscribed()
    receiver.answer = lambda request: (429, {"Retry-After": "1800"})
    happen(sessions, endpoint, "match:1")
    send_webhooks()

    with sessions() as session:
        left = the_endpoint(sessions).paused_until - database_now(session)
    assert timedelta(minutes=29) < left < timedelta(minutes=31)


def test_events_of_hundreds_of_changes_arrive_in_order_per_object_though_some_fail(sessions, receiver, subscribed):
    endpoint = subscribed()
    count = iter(range(10_000))
    lock = threading.Lock()

    def sometimes(_):
        with lock:
            return 500 if next(count) % 37 == 0 else 200

    receiver.answer = sometimes
    happen(sessions, endpoint, *(f"match:{number % 40}" for number in range(400)))
    while any(each.state is DeliveryState.PENDING for each in deliveries(sessions)):
        send_webhooks()
        later(sessions)

    arrived = defaultdict(list)
    with sessions() as session:
        by_id = {f"msg_{event.message_id.hex}": event for event in session.scalars(select(Event))}
    assert len(by_id) == 400 and {request.message_id for request in receiver.got} == set(by_id)
    for request in receiver.got:
        assert request.verified(endpoint.secret)
        arrived[by_id[request.message_id].subject].append(request.event["data"]["n"])
    for numbers in arrived.values():
        # Repeated attempts come one after another, in order.
        assert numbers == sorted(numbers)


KILLED = """
from worker.jobs.webhooks import send_webhooks
send_webhooks()
"""


def test_a_worker_that_is_killed_before_it_stores_the_outcome_sends_again(
    sessions, receiver, subscribed, process_environment
):
    endpoint = subscribed()
    happen(sessions, endpoint, "match:1", "match:1")
    killed = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        env={**os.environ, **process_environment, "WEBHOOK_PRIVATE_ADDRESSES": "1"},
    )

    def kill(_):
        if len(receiver.got) == 1:
            os.kill(killed.pid, signal.SIGKILL)
            killed.wait()
        return 200

    receiver.answer = kill
    killed.wait()
    send_webhooks()  # it is still claimed
    assert len(receiver.got) == 1
    later(sessions, LEASE)
    send_webhooks()

    first, again, second = receiver.got
    assert first.message_id == again.message_id != second.message_id
    assert {each.state for each in deliveries(sessions)} == {DeliveryState.DELIVERED}


def test_a_second_task_at_the_same_time_sends_nothing_twice(sessions, receiver, subscribed):
    endpoint = subscribed()
    happen(sessions, endpoint, *(f"match:{number}" for number in range(60)))
    tasks = [threading.Thread(target=webhooks._send_for, args=(20,)) for _ in range(3)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    send_webhooks()  # a task that finds the rows locked by another ends

    assert len({request.message_id for request in receiver.got}) == len(receiver.got) == 60


def test_the_check_finds_a_webhook_that_is_overdue_without_an_attempt(sessions, receiver, subscribed):
    def broken():
        with sessions() as session:
            return [result.count for result in check_all(session) if result.rule.key == "webhook_overdue"]

    endpoint = subscribed()
    happen(sessions, endpoint, "match:1", "match:1")
    assert broken() == [0]
    later(sessions)
    assert broken() == [1]  # the second waits for the first
    receiver.answer = lambda _: 500
    send_webhooks()
    assert broken() == [0]


def test_an_error_of_one_attempt_keeps_nobody_elses_event(sessions, receiver, subscribed, monkeypatch):
    """An unexpected address or answer of one endpoint must not stop the webhooks of the others."""
    broken, whole = subscribed(receiver.url("/broken")), subscribed()
    real = webhooks.post

    def post(url, *args, **kwargs):
        if url.endswith("/broken"):
            raise TypeError("not thought of")
        return real(url, *args, **kwargs)

    monkeypatch.setattr(webhooks, "post", post)
    happen(sessions, broken, "1")
    happen(sessions, whole, "1")

    send_webhooks()

    assert len(receiver.got) == 1
    states = {each.endpoint_id: (each.state, each.last_error) for each in deliveries(sessions)}
    assert states[whole.id] == (DeliveryState.DELIVERED, None)
    assert states[broken.id] == (DeliveryState.PENDING, DeliveryError.UNREACHABLE)
