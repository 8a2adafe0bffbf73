"""Feeds fetched from a real server on this machine, whose answers are correct, slow, wrong or redirects."""

import gzip
import socket
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from models.core.enums import Role, Status
from models.core.public_addresses import is_public
from models.market.properties import Property
from models.sources.sources import change_source, create_source, due_imports, request_import
from models.sources.tables import Import, ImportState, Source, reason_fault
from tests.factories import make_user
from tests.models.sources.feeds import yrl, yrl_offer
from tests.resolver import resolve_with
from tests.sentences import english
from tests.sites import Site
from worker.celery_app import task_context
from worker.jobs.fetch import FetchError, Limits, fetch_feed, pause_of
from worker.tasks import find_due_imports, run_import


@pytest.fixture
def site():
    server = Site()
    yield server
    server.close()


@pytest.fixture
def sessions(new_worker_session, monkeypatch):
    """The worker's functions in this process, allowed to fetch from it."""
    monkeypatch.setenv("FEED_PRIVATE_ADDRESSES", "1")
    task_context.settings.cache_clear()
    return new_worker_session


OPEN = Limits(allow_private=True)
FEED = yrl(*(yrl_offer(name) for name in "1234"))


def test_a_feed_is_fetched_with_its_marks(site, tmp_path):
    site.put(FEED, ETag='"v1"', Last_Modified="Sat, 31 Jan 2026 12:00:00 GMT")
    found = fetch_feed(site.url(), tmp_path / "feed", OPEN)

    assert found.path.read_bytes() == FEED
    assert (found.etag, found.last_modified) == ('"v1"', "Sat, 31 Jan 2026 12:00:00 GMT")
    assert site.requests[0][1]["User-Agent"].startswith("Leadmatch")


def test_an_unchanged_feed_is_not_sent_again(site, tmp_path):
    site.answers["/feed.xml"] = lambda headers: (
        (304, {}, b"") if headers.get("If-None-Match") == '"v1"' else (200, {}, FEED)
    )

    assert fetch_feed(site.url(), tmp_path / "feed", OPEN, etag='"v1"').path is None
    assert fetch_feed(site.url(), tmp_path / "feed", OPEN, etag='"v0"').path is not None


def test_a_packed_answer_is_unpacked_within_limits(site, tmp_path):
    site.put(gzip.compress(FEED), Content_Encoding="gzip")
    assert fetch_feed(site.url(), tmp_path / "feed", OPEN).path.read_bytes() == FEED

    site.put(gzip.compress(b" " * 5_000_000), Content_Encoding="gzip")
    with pytest.raises(FetchError, match="fetch.too_large"):
        fetch_feed(site.url(), tmp_path / "feed", Limits(bytes=1 << 20, allow_private=True))

    site.put(gzip.compress(FEED)[:-20], Content_Encoding="gzip")
    with pytest.raises(FetchError, match="fetch.cut_off"):
        fetch_feed(site.url(), tmp_path / "feed", OPEN)


def test_a_packed_answer_in_several_members_is_unpacked_to_its_end(site, tmp_path):
    members = gzip.compress(FEED[:300]) + gzip.compress(FEED[300:])
    for body in (members, members + bytes(100)):
        site.put(body, Content_Encoding="gzip")
        assert fetch_feed(site.url(), tmp_path / "feed", OPEN).path.read_bytes() == FEED

    site.put(members[:-20], Content_Encoding="gzip")
    with pytest.raises(FetchError, match="fetch.cut_off"):
        fetch_feed(site.url(), tmp_path / "feed", OPEN)


def test_an_incomplete_answer_is_reported(site, tmp_path):
    site.put(FEED[:500], Content_Length=str(len(FEED)))

    with pytest.raises(FetchError, match="fetch.cut_off|fetch.too_slow"):
        fetch_feed(site.url(), tmp_path / "feed", Limits(read_seconds=1, allow_private=True))


def test_an_address_that_drips_is_left_when_its_time_is_over(site, tmp_path):
    site.put(FEED * 1000, Drip="1")  # takes longer than a test may

    with pytest.raises(FetchError, match="fetch.took_too_long"):
        fetch_feed(site.url(), tmp_path / "feed", Limits(seconds=0.5, allow_private=True))


def test_an_address_that_says_nothing_is_left(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(FetchError, match="fetch.too_slow"):
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        fetch_feed(address, tmp_path / "feed", Limits(read_seconds=0.3, allow_private=True))


def test_redirects_are_followed_up_to_a_limit(site, tmp_path):
    site.put(b"", "/old", 301, Location="/feed.xml")
    site.put(FEED)
    assert fetch_feed(site.url("/old"), tmp_path / "feed", OPEN).path.read_bytes() == FEED

    site.put(b"", "/loop", 302, Location="/loop")
    with pytest.raises(FetchError, match="fetch.too_many_redirects"):
        fetch_feed(site.url("/loop"), tmp_path / "feed", OPEN)
    site.put(b"", "/file", 302, Location="file:///etc/passwd")
    with pytest.raises(FetchError, match="fetch.bad_redirect"):
        fetch_feed(site.url("/file"), tmp_path / "feed", OPEN)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0",
     "2130706433", "[fd00::1]", "100.64.0.1", "[64:ff9b::7f00:1]"],
)  # fmt: skip
def test_no_private_address_is_fetched(site, tmp_path, host):
    with pytest.raises(FetchError, match="fetch.not_public|fetch.no_host"):
        fetch_feed(site.url(host=host), tmp_path / "feed", Limits())
    assert site.requests == []


def test_a_host_is_checked_by_the_address_that_it_resolves_to_when_connecting(site, tmp_path, monkeypatch):
    """A public site redirects to a name that resolves to a private address when it is connected."""
    real = socket.getaddrinfo
    names = {"public.example": "127.0.0.1", "inside.example": "127.0.0.1"}
    resolved = []

    def resolve(host, port, *args, **kwargs):
        host = host.decode() if isinstance(host, bytes) else host
        resolved.append(host)
        return real(names.get(host, host), port, *args, **kwargs)

    resolve_with(monkeypatch, resolve)
    # Only the redirect's target counts as private here; the first name counts as public.
    monkeypatch.setattr("worker.jobs.guarded_connections.is_public", lambda address: resolved[-1] == "public.example")
    site.put(b"", "/", 302, Location=f"http://inside.example:{site.port}/secret")
    site.put(b"secret", "/secret")

    with pytest.raises(FetchError, match=r"fetch.not_public \(host=inside.example\)"):
        fetch_feed(site.url("/", host="public.example"), tmp_path / "feed", Limits())
    assert [path for path, _ in site.requests] == ["/"]


def test_public_addresses_are_distinguished_from_others():
    assert all(map(is_public, ["93.184.216.34", "2606:2800:220:1::1"]))
    assert not any(map(is_public, ["224.0.0.1", "2002:7f00:1::1", "240.0.0.1", "fe80::1%eth0"]))


@pytest.mark.parametrize(
    "address",
    ["fec0::1", "fed0::7f00:1", "::127.0.0.1", "::ffff:10.1.2.3", "64:ff9b:1::7f00:1", "2001::1", "192.0.0.8",
     "192.88.99.1", "3fff::1", "5f00::1", "100::1", "198.18.0.1"],
)  # fmt: skip
def test_reserved_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("mark", ['"é"', '"' + "а".encode().decode("latin-1") + '"', '"\x7fx"', '"' + "m" * 2000 + '"'])
def test_any_mark_of_a_feed_is_sent_back_as_it_came_or_not_at_all(sessions, site, source, mark):
    site.put(FEED, ETag=mark)
    fetch(sessions, source, "schedule")
    again, kept = fetch(sessions, source, "schedule")

    assert again.state is ImportState.SUCCEEDED
    assert site.requests[-1][1].get("If-None-Match") in (None, mark)
    assert kept.failures == 0


@pytest.mark.parametrize(
    ("text", "pause"),
    [
        ("9" * 5000, timedelta(days=1)),
        ("1" * 30, timedelta(days=1)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(days=1)),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2035 00:00:00 +99999999999999", None),
        ("Mon, 01 Jan 0001 00:00:00 +2300", timedelta()),
        ("٣", None),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_any_wait_that_an_address_asks_for_is_bounded(text, pause):
    assert pause_of(text) == pause


@pytest.fixture
def source(sessions, site):
    """The id of a source that is fetched hourly."""
    with sessions() as session:
        owner = make_user(session, Role.AGENCY)
        session.flush()
        source = create_source(session, owner, {"address": site.url(), "refresh_minutes": 60})
        session.commit()
        return source.id


def fetch(sessions, source_id, asked_by="request"):
    """Import the source now; returns the import and the source."""
    with sessions() as session:
        import_id = request_import(session, session.get_one(Source, source_id), asked_by).id
        session.commit()
    run_import(import_id)
    with sessions() as session:
        return session.get_one(Import, import_id), session.get_one(Source, source_id)


def on_market(sessions):
    with sessions() as session:
        return set(session.scalars(select(Property.external_id).where(Property.status == Status.ACTIVE)))


def test_a_scheduled_feed_is_imported_and_then_checked_for_changes(sessions, site, source):
    site.answers["/feed.xml"] = lambda headers: (
        (304, {"ETag": '"1"'}, b"") if headers.get("If-None-Match") == '"1"' else (200, {"ETag": '"1"'}, FEED)
    )
    first, kept = fetch(sessions, source, "schedule")
    assert (first.state, kept.etag, kept.failures) == (ImportState.SUCCEEDED, '"1"', 0)
    assert on_market(sessions) == set("1234")
    second, kept = fetch(sessions, source, "schedule")
    assert (second.state, kept.etag) == (ImportState.UNCHANGED, '"1"')
    requested, _ = fetch(sessions, source, "request")  # a person who requests an import wants to see it read
    assert (requested.state, requested.counts["unchanged"]) == (ImportState.SUCCEEDED, 4)


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"<!DOCTYPE html><html><body>login</body></html>", 200, "This is a web page, not a feed."),
        (FEED[: len(FEED) // 2], 200, "The XML is broken at line"),
        (b"", 500, "The address answers 500."),
        (b"", 200, "The file is empty."),
        (yrl(), 200, "The feed is empty."),
    ],
)
def test_errors_are_reported_and_nothing_leaves_the_market(sessions, site, source, body, status, reason):
    site.put(FEED)
    fetch(sessions, source)
    site.put(body, status=status)
    found, kept = fetch(sessions, source)

    assert found.state is (ImportState.WAITING if "The feed" in reason else ImportState.FAILED)
    assert reason in english(reason_fault(found))
    assert on_market(sessions) == set("1234")
    assert kept.failures == (0 if "The feed" in reason else 1)


def test_failures_are_retried_at_growing_intervals_and_retry_after_is_respected(sessions, site, source):
    site.put(b"", status=503, Retry_After="30000")
    _, first = fetch(sessions, source, "schedule")
    with sessions() as session:
        wait = first.next_fetch_at - session.scalar(text("SELECT now()"))
    assert timedelta(hours=8) < wait < timedelta(hours=8, minutes=21)
    site.put(b"", status=500)
    _, second = fetch(sessions, source, "schedule")
    with sessions() as session:
        wait = second.next_fetch_at - session.scalar(text("SELECT now()"))
    assert second.failures == 2 and timedelta(hours=3, minutes=59) < wait < timedelta(hours=4, minutes=1)


def test_a_failure_counts_once_although_its_message_was_delivered_twice_at_once(sessions, site, source):
    with sessions() as session:
        import_id = request_import(session, session.get_one(Source, source), "schedule").id
        session.commit()

    def answer(headers):
        if len(site.requests) == 1:
            run_import(import_id)  # the second delivery, while the first waits for this answer
        return 500, {}, b""

    site.answers["/feed.xml"] = answer
    run_import(import_id)

    assert len(site.requests) == 2
    with sessions() as session:
        assert session.get_one(Import, import_id).state is ImportState.FAILED
        assert session.get_one(Source, source).failures == 1


def test_a_private_address_is_not_fetched_by_the_worker(sessions, site, source, monkeypatch):
    monkeypatch.setenv("FEED_PRIVATE_ADDRESSES", "0")
    task_context.settings.cache_clear()
    found, _ = fetch(sessions, source)

    assert found.state is ImportState.FAILED and found.reason == "fetch.not_public"
    assert site.requests == []


def test_due_sources_are_requested_once(sessions, site, source):
    site.put(FEED)
    with sessions() as session:
        first, second = due_imports(session), due_imports(session)
        session.commit()
    assert (len(first), second) == (1, [])
    run_import(first[0])
    find_due_imports()
    with sessions() as session:
        assert session.scalar(select(Import.state)) is ImportState.SUCCEEDED
        assert due_imports(session) == []
        lost = request_import(session, session.get_one(Source, source), "request").id
        for minutes, found in ((14, []), (15, [lost]), (16, []), (30, [lost])):  # its message was lost
            moment = {"age": timedelta(minutes=minutes, seconds=20)}
            session.execute(text("UPDATE imports SET created_at = now() - CAST(:age AS interval)"), moment)
            assert due_imports(session) == found


def test_a_source_that_moves_keeps_its_listings(sessions, site, source):
    site.put(FEED)
    site.put(yrl(*(yrl_offer(name) for name in "123")), "/new.xml")
    fetch(sessions, source)
    with sessions() as session:
        ids = dict(session.execute(select(Property.external_id, Property.id)).all())
        change_source(session, session.get_one(Source, source), {"address": site.url("/new.xml")})
        session.commit()
    found, _ = fetch(sessions, source)

    assert (found.counts["unchanged"], found.counts["withdrawn"], found.counts["new"]) == (3, 1, 0)
    with sessions() as session:
        assert dict(session.execute(select(Property.external_id, Property.id)).all()) == ids
