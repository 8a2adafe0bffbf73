"""Runs of imports: dry runs, killed runs, two at once, and which listings they change."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from models.accounts.users import User
from models.core.enums import Role, Status
from models.core.errors import ConflictError
from models.market.properties import Property
from models.sources.formats.feed import open_feed
from models.sources.formats.offer import FeedError
from models.sources.imports import import_feed
from models.sources.sources import create_source, request_import
from models.sources.tables import Import, Source
from models.upkeep.erasure import erase_user, export_user
from tests.cleaning import empty_tables
from tests.factories import make_user
from tests.length import examples
from tests.models.sources.feeds import yrl, yrl_offer
from tests.models.sources.office import feed


def test_a_dry_run_says_the_same_and_changes_nothing(office):
    source = office.source()
    office.bring(source, feed(*"1234"))
    before, rows = office.versions(), office.on_market(source)
    data = yrl(
        yrl_offer("1"),
        yrl_offer("2", price="<value>5</value>"),
        yrl_offer("3"),
        yrl_offer("5"),
        yrl_offer("6", type="x"),
    )
    dry = office.bring(source, data, is_dry_run=True)
    assert (office.versions(), office.on_market(source)) == (before, rows)

    wet = office.bring(source, data)
    assert dry.counts() == wet.counts()
    assert dry.as_json() == wet.as_json()
    assert wet.counts() | {"guessed": 0} == {
        "offers": 5, "new": 1, "changed": 1, "unchanged": 2, "returned": 0, "withdrawn": 1, "off_market": 0,
        "refused": 1, "guessed": 0, "held": 0,
    }  # fmt: skip


class Killed(BaseException):
    """Stands for the death of the process."""


@pytest.mark.parametrize("batches", [0, 1, 3])
def test_an_import_that_is_killed_loses_nothing_and_a_second_one_finishes(office, monkeypatch, batches):
    monkeypatch.setattr("models.sources.store.BATCH", 2)
    source = office.source()
    office.bring(source, feed(*"12345678"))
    after = yrl(*(yrl_offer(name, price="<value>9000000</value>") for name in "2345678a"))
    done = []

    def kill(_progress):
        done.append(1)
        if len(done) > batches:
            raise Killed

    with pytest.raises(Killed):
        office.bring(source, after, on_progress=kill)
    assert office.on_market(source) >= set("12345678")  # nothing was withdrawn
    with office.factory() as session:  # the state after the kill
        session.execute(text("UPDATE imports SET state = 'running' WHERE id = (SELECT max(id) FROM imports)"))
        session.commit()

    office.bring(source, after)
    rows = office.rows(source)
    assert office.on_market(source) == set("2345678a")
    assert {rows[name].price for name in "2345678a"} == {9_000_000}


def test_two_imports_of_one_source_do_not_run_at_once(office):
    source = office.source()

    def another(_progress):
        with office.factory() as session:
            second = Import(source_id=source, asked_by="command")
            session.add(second)
            session.commit()
        with pytest.raises(ConflictError, match="import.other_going"):
            import_feed(office.factory, second.id, open_feed(office.folder / f"feed-{source}"))
        with office.factory() as session, pytest.raises(ConflictError, match="import.going"):
            request_import(session, session.get_one(Source, source), "command", file_name="feed")

    assert office.bring(source, feed("1"), on_progress=another).new == 1


def test_a_town_is_named_by_the_offer_its_region_its_address_or_the_source(office):
    source = office.source(city="Тула")
    address = "<address>улица Мира, 3</address>"
    report = office.bring(
        source,
        yrl(
            yrl_offer("named", location=f"<locality-name>Казань</locality-name>{address}"),
            yrl_offer("region", location=f"<region>Санкт-Петербург</region>{address}"),
            yrl_offer("address", location="<address>Россия, Самара, улица Мира, 3</address>"),
            yrl_offer("source", location=address),
        ),
    )
    nowhere = office.source()
    with pytest.raises(FeedError, match="import.no_town"):
        office.bring(nowhere, yrl(yrl_offer("1", location=address)))

    assert report.new == 4
    assert {name: row.city for name, row in office.rows(source).items()} == {
        "named": "Казань", "region": "Санкт-Петербург", "address": "Самара", "source": "Тула",
    }  # fmt: skip


def test_an_owner_who_may_not_own_has_no_source(session):
    from models.core.errors import NotAllowedError

    with pytest.raises(NotAllowedError, match="user.role_owns_nothing"):
        create_source(session, make_user(session, Role.TENANT), {"name": "x"})


def test_an_erased_owners_sources_and_what_they_brought_are_gone(office):
    source = office.source()
    office.bring(source, feed("1", "2", more="<image>https://a.example/1.jpg</image>"))
    with office.factory() as session:
        owner = session.get_one(User, session.get_one(Source, source).owner_id)
        exported = export_user(session, owner)
        assert [row["name"] for row in exported["sources"]] == ["feed"] and exported["imports"][0]["counts"]["new"] == 2
        json.dumps(exported)
        erase_user(session, owner)
        session.commit()
    with office.factory() as session:
        assert session.scalars(select(Source.id)).all() == session.scalars(select(Import.id)).all() == []
        for row in session.scalars(select(Property)):
            assert (row.status, row.source_id, row.description, row.photos, row.stations, row.facts, row.latitude) == (
                Status.ARCHIVED, None, None, [], [], {}, None,
            )  # fmt: skip


STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.sets(st.sampled_from(["1", "01", "2", "3-1", "4"])), st.integers(1, 3)),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=examples(5, 100),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_no_source_touches_anothers_listings(office, database_url, steps):
    """Two agencies, one with three sources, and equal ids: each source has the listings of its own last imports."""
    with office.factory() as session:
        agency = make_user(session, Role.AGENCY)
        session.commit()
    sources = [office.source("a", agency), office.source("b", agency), office.source("c", agency), office.source("a")]
    expected = {source: {} for source in sources}
    for which, names, price in steps:
        source = sources[which]
        with office.factory() as session:
            before = {
                row.id: (row.version, row.price, row.status)
                for row in session.scalars(select(Property).where(Property.source_id != source))
            }
        had = office.on_market(source)
        office.bring(source, yrl(*(yrl_offer(name, price=f"<value>{price}</value>") for name in sorted(names))))
        held = len(had - names) > len(had) / 3 or (not names and had)
        expected[source] = (expected[source] if held else {}) | dict.fromkeys(names, price)
        with office.factory() as session:
            after = {
                row.id: (row.version, row.price, row.status)
                for row in session.scalars(select(Property).where(Property.source_id != source))
            }
        assert before == after
        rows = office.rows(source)
        assert {name: int(rows[name].price) for name in office.on_market(source)} == expected[source]
    empty_tables(database_url)
