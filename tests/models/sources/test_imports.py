"""The import of feeds into sources: identity, idempotence, withdrawals and returns, crashes."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from models.accounts.users import User
from models.core.enums import Origin, Role, Status
from models.core.errors import ConflictError
from models.market.properties import Property, archive_property
from models.sources.formats.feed import open_feed
from models.sources.formats.offer import FeedError
from models.sources.imports import confirm_withdrawals, import_feed
from models.sources.sources import create_source, request_import
from models.sources.tables import Import, ImportState, Source
from models.upkeep.erasure import erase_user, export_user
from tests.conftest import empty_tables
from tests.factories import make_user
from tests.models.sources.feeds import cian, cian_object, yrl, yrl_offer


class Office:
    """Agencies, their sources, and files that are imported into them."""

    def __init__(self, factory, folder):
        self.factory = factory
        self.folder = folder

    def source(self, name="feed", owner=None, **fields):
        """The id of a new source, of a new agency unless one is given."""
        with self.factory() as session:
            user = session.get_one(type(owner), owner.id) if owner else make_user(session, Role.AGENCY)
            session.flush()
            found = create_source(session, user, {"name": name, **fields})
            session.commit()
            return found.id

    def bring(self, source_id, data, *, is_dry_run=False, **options):
        """Import a file; its report."""
        path = self.folder / f"feed-{source_id}"
        path.write_bytes(data)
        with self.factory() as session:
            source = session.get_one(Source, source_id)
            found = request_import(session, source, "command", file_name="feed", is_dry_run=is_dry_run)
            session.commit()
            import_id = found.id
        return import_feed(self.factory, import_id, open_feed(path), **options)

    def last(self, source_id):
        with self.factory() as session:
            return session.scalars(
                select(Import).where(Import.source_id == source_id).order_by(Import.id.desc())
            ).first()

    def rows(self, source_id):
        """External id -> the row."""
        with self.factory() as session:
            rows = session.scalars(select(Property).where(Property.source_id == source_id).order_by(Property.id))
            return {row.external_id: row for row in rows}

    def on_market(self, source_id):
        return {name for name, row in self.rows(source_id).items() if row.status is Status.ACTIVE}

    def versions(self):
        with self.factory() as session:
            return dict(session.execute(select(Property.id, Property.version)).all())


@pytest.fixture
def office(engine, clean_database, tmp_path):
    return Office(sessionmaker(engine, class_=Session, expire_on_commit=False), tmp_path)


def feed(*names, **changes):
    return yrl(*(yrl_offer(name, **changes) for name in names))


def test_a_feed_becomes_properties_of_its_owner(office):
    source = office.source()
    report = office.bring(source, feed("1", "2", more='<image tag="plan">https://a.example/p.png</image>'))

    row = office.rows(source)["1"]
    assert (report.offers, report.new, report.refused) == (2, 2, 0)
    assert (row.origin, row.status, row.city, row.currency) == (Origin.IMPORT, Status.ACTIVE, "Москва", "RUB")
    assert (row.metro_station, row.street, row.house_number) == ("Парк культуры", "улица Льва Толстого", "16")
    assert row.stations == [{"name": "Парк культуры", "minutes": 9, "by_transport": False}]
    assert (float(row.latitude), float(row.longitude)) == (55.7339, 37.5885)
    assert (row.photos, row.photo_kinds) == (["https://a.example/p.png"], {"https://a.example/p.png": "plan"})
    assert row.facts == {"kitchen_area": 11.0, "living_area": 31.5, "metro_walk": 9, "from_owner": False}
    assert row.description == "Светлая квартира окнами в тихий двор."


def test_an_unchanged_feed_writes_nothing_and_a_changed_offer_is_written_alone(office):
    source = office.source()
    told = []
    office.bring(source, feed("1", "2", "3"))
    before = office.versions()

    again = office.bring(source, feed("1", "2", "3"), on_committed=told.extend)
    assert (again.unchanged, again.new, again.changed) == (3, 0, 0)
    assert office.versions() == before and told == []

    third = yrl(yrl_offer("1"), yrl_offer("2", price="<value>20000000</value>"), yrl_offer("3"))
    report = office.bring(source, third, on_committed=told.extend)
    changed = office.rows(source)["2"]
    assert (report.changed, report.unchanged) == (1, 2)
    assert told == [changed.id] and changed.price == 20_000_000
    assert {key for key, version in office.versions().items() if version != before[key]} == {changed.id}


def test_what_is_missing_leaves_the_market_and_comes_back_under_its_id(office):
    source = office.source()
    office.bring(source, feed("1", "2", "3", "4"))
    home = office.rows(source)["3"].id

    gone = office.bring(source, feed("1", "2", "4"))
    assert gone.withdrawn == 1 and office.on_market(source) == {"1", "2", "4"}
    assert office.rows(source)["3"].withdrawn_at is not None

    back = office.bring(source, feed("1", "2", "3", "4"))
    assert (back.returned, back.new, back.unchanged) == (1, 0, 3)
    row = office.rows(source)["3"]
    assert (row.id, row.status, row.withdrawn_at) == (home, Status.ACTIVE, None)

    office.bring(source, feed("1", "2", "4"))
    dearer = office.bring(source, yrl(*(yrl_offer(n, price="<value>1</value>") for n in "1234")))
    assert (dearer.returned, office.rows(source)["3"].price) == (1, 1)


def test_what_a_person_archived_stays_archived(office):
    source = office.source()
    office.bring(source, feed("1", "2", "3", "4"))
    with office.factory() as session:
        archive_property(session, session.get_one(Property, office.rows(source)["1"].id))
        session.commit()

    office.bring(source, feed("1", "2", "3", "4", price="<value>5000000</value>"))
    assert office.on_market(source) == {"2", "3", "4"}
    assert office.rows(source)["1"].price == 5_000_000

    office.bring(source, feed("1", "3", "4"))
    with office.factory() as session:  # archived while its source had withdrawn it
        archive_property(session, session.get_one(Property, office.rows(source)["2"].id))
        session.commit()
    office.bring(source, feed("1", "2", "3", "4"))
    assert office.on_market(source) == {"3", "4"}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (feed("1", "2", "3"), "3 of 6 listings are missing"),
        (feed(), "the feed is empty"),
    ],
)
def test_a_feed_that_lost_much_waits_for_a_person(office, data, reason):
    source = office.source()
    office.bring(source, feed(*"123456"))
    report = office.bring(source, data)

    found = office.last(source)
    assert (report.withdrawn, found.state) == (0, ImportState.WAITING)
    assert reason in found.reason
    assert office.on_market(source) == set("123456")
    with office.factory() as session:
        gone = confirm_withdrawals(session, session.get_one(Import, found.id))
        session.commit()
    assert len(gone) == report.held
    assert office.on_market(source) == set("123456") - {name for name in "456" if report.held == 3} - set(
        "123456" if report.held == 6 else ""
    )
    with office.factory() as session, pytest.raises(ConflictError):
        confirm_withdrawals(session, session.get_one(Import, found.id))


def test_a_later_import_decides_what_an_earlier_one_held_back(office):
    source = office.source()
    office.bring(source, feed(*"123456"))
    office.bring(source, feed("1"))
    waiting = office.last(source)
    office.bring(source, feed(*"123456"))

    with office.factory() as session:
        found = session.get_one(Import, waiting.id)
        assert (found.state, found.held_ids) == (ImportState.SUCCEEDED, [])


def test_a_third_may_be_lost_at_once_and_more_not(office):
    source = office.source()
    office.bring(source, feed(*"123456"))
    assert office.bring(source, feed(*"1234")).withdrawn == 2
    assert office.bring(source, feed(*"12")).withdrawn == 0


def test_a_source_that_is_not_complete_withdraws_nothing(office):
    source = office.source(is_complete=False)
    office.bring(source, feed(*"123"))
    report = office.bring(source, feed("4"))

    assert (report.new, report.withdrawn) == (1, 0)
    assert office.on_market(source) == set("1234")


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_a_feed_that_was_cut_off_changes_nothing(office, cut):
    source = office.source()
    office.bring(source, feed(*"1234"))
    before = office.versions()
    data = feed(*"12345", price="<value>7</value>")
    with pytest.raises(FeedError, match="cannot be read to its end"):
        office.bring(source, data[: int(len(data) * cut)])

    assert office.versions() == before
    found = office.last(source)
    assert found.state is ImportState.FAILED and "cannot be read to its end" in found.reason


@pytest.mark.parametrize("end", ["9;100", '9;"100;Москва\n'])
def test_a_table_with_rows_that_cannot_be_read_waits_with_what_is_missing(office, end):
    source = office.source()
    rows = "".join(f"{number};100;Москва\n" for number in range(10))
    office.bring(source, f"id;price;city\n{rows}".encode())
    report = office.bring(source, f"id;price;city\n{rows[: rows.index('9;')]}{end}".encode())

    assert (report.unchanged, report.withdrawn, report.held, office.last(source).state) == (
        9,
        0,
        1,
        ImportState.WAITING,
    )
    assert "1 rows could not be read" in report.reason


def test_a_feed_of_which_nothing_can_be_taken_fails_and_withdraws_nothing(office):
    source = office.source()
    office.bring(source, cian(*(cian_object(name) for name in "123")))
    strange = cian(*(cian_object(name, BargainTerms=None, more="<Cost>9</Cost>") for name in "456"))
    with pytest.raises(FeedError, match="none of 3 offers could be taken; price: it is missing"):
        office.bring(source, strange)

    assert office.on_market(source) == set("123")


def test_status_takes_known_homes_off_and_does_not_add_unknown_ones(office):
    source = office.source()
    office.bring(source, feed(*"1234"))
    report = office.bring(
        source,
        yrl(*(yrl_offer(n) for n in "123"), yrl_offer("4", status="SOLD"), yrl_offer("5", status="BOOKED")),
    )

    assert (report.off_market, report.withdrawn, report.new, report.held) == (2, 1, 0, 0)
    assert office.on_market(source) == set("123") and "5" not in office.rows(source)
    assert office.bring(source, feed(*"12345")).counts() | {"guessed": 0} == {
        "offers": 5, "new": 1, "changed": 0, "unchanged": 3, "returned": 1, "withdrawn": 0, "off_market": 0,
        "refused": 0, "guessed": 0, "held": 0,
    }  # fmt: skip


def test_a_refused_offer_is_told_and_its_listing_is_left_alone(office):
    source = office.source()
    office.bring(source, feed(*"123"))
    report = office.bring(
        source,
        yrl(yrl_offer("1"), yrl_offer("2", price="<value>0</value>"), yrl_offer("3"), yrl_offer("3"), yrl_offer(None)),
    )

    assert [
        (line.external_id, line.remark.field, line.remark.reason, line.remark.read) for line in report.refusals
    ] == [
        ("2", "price", "must be above 0", "0"),
        ("3", "id", "it stands on line 6 already", "3"),
        ("", "id", "it is missing", ""),
    ]
    assert (report.refused, report.unchanged, report.withdrawn) == (3, 2, 0)
    assert office.on_market(source) == set("123")
    kept = office.last(source)
    assert kept.report["refused"][0] == {
        "line": 5, "id": "2", "field": "price", "reason": "must be above 0", "read": "0"
    }  # fmt: skip
    assert kept.report["passed_over"]["creation-date"] == 5


def test_an_id_that_comes_again_in_a_later_batch_is_refused(office, monkeypatch):
    monkeypatch.setattr("models.sources.store.BATCH", 2)
    source = office.source()
    report = office.bring(source, feed("1", "2", "3", "1"))

    assert (report.new, report.refused) == (3, 1)
    assert "it stands on line 4 already" in report.refusals[0].remark.reason


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
    """The process is gone."""


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
    with office.factory() as session:  # as the kill leaves it
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
        with pytest.raises(ConflictError, match="Another import"):
            import_feed(office.factory, second.id, open_feed(office.folder / f"feed-{source}"))
        with office.factory() as session, pytest.raises(ConflictError, match="is going"):
            request_import(session, session.get_one(Source, source), "command", file_name="feed")

    assert office.bring(source, feed("1"), on_progress=another).new == 1


def test_a_town_is_named_by_the_offer_its_region_its_address_or_the_source(office):
    source = office.source(city="Тула")
    place = "<address>улица Мира, 3</address>"
    report = office.bring(
        source,
        yrl(
            yrl_offer("named", location=f"<locality-name>Казань</locality-name>{place}"),
            yrl_offer("region", location=f"<region>Санкт-Петербург</region>{place}"),
            yrl_offer("address", location="<address>Россия, Самара, улица Мира, 3</address>"),
            yrl_offer("source", location=place),
        ),
    )
    nowhere = office.source()
    with pytest.raises(FeedError, match="no town is named"):
        office.bring(nowhere, yrl(yrl_offer("1", location=place)))

    assert report.new == 4
    assert {name: row.city for name, row in office.rows(source).items()} == {
        "named": "Казань", "region": "Санкт-Петербург", "address": "Самара", "source": "Тула",
    }  # fmt: skip


def test_an_owner_who_may_not_own_has_no_source(session):
    from models.core.errors import NotAllowedError

    with pytest.raises(NotAllowedError, match="tenant cannot own"):
        create_source(session, make_user(session, Role.TENANT), {"name": "x"})


def test_an_erased_owners_sources_and_what_they_brought_are_gone(office):
    source = office.source()
    office.bring(source, feed("1", "2", more="<image>https://a.example/1.jpg</image>"))
    with office.factory() as session:
        owner = session.get_one(User, session.get_one(Source, source).owner_id)
        told = export_user(session, owner)
        assert [row["name"] for row in told["sources"]] == ["feed"] and told["imports"][0]["counts"]["new"] == 2
        json.dumps(told)
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


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_no_source_touches_anothers_listings(office, database_url, steps):
    """Two agencies, one of them with three sources, equal ids: each source holds what its own last imports said."""
    with office.factory() as session:
        agency = make_user(session, Role.AGENCY)
        session.commit()
    sources = [office.source("a", agency), office.source("b", agency), office.source("c", agency), office.source("a")]
    said = {source: {} for source in sources}
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
        said[source] = (said[source] if held else {}) | dict.fromkeys(names, price)
        with office.factory() as session:
            after = {
                row.id: (row.version, row.price, row.status)
                for row in session.scalars(select(Property).where(Property.source_id != source))
            }
        assert before == after
        rows = office.rows(source)
        assert {name: int(rows[name].price) for name in office.on_market(source)} == said[source]
    empty_tables(database_url)
