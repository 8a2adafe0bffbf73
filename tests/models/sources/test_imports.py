"""The import of feeds into sources: identity, idempotence, withdrawals and returns."""

import pytest
from sqlalchemy import update

from models.accounts.users import User
from models.core.enums import Origin, Role, Status
from models.core.errors import ConflictError
from models.market.properties import Property, archive_property
from models.sources.formats.offer import FeedError
from models.sources.imports import confirm_withdrawals
from models.sources.tables import Import, ImportState, Source, reason_fault
from tests.models.sources.feeds import cian, cian_object, yrl, yrl_offer
from tests.models.sources.office import feed
from tests.sentences import english


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
    committed = []
    office.bring(source, feed("1", "2", "3"))
    before = office.versions()

    again = office.bring(source, feed("1", "2", "3"), on_committed=committed.extend)
    assert (again.unchanged, again.new, again.changed) == (3, 0, 0)
    assert office.versions() == before and committed == []

    third = yrl(yrl_offer("1"), yrl_offer("2", price="<value>20000000</value>"), yrl_offer("3"))
    report = office.bring(source, third, on_committed=committed.extend)
    changed = office.rows(source)["2"]
    assert (report.changed, report.unchanged) == (1, 2)
    assert committed == [changed.id] and changed.price == 20_000_000
    assert {key for key, version in office.versions().items() if version != before[key]} == {changed.id}


def test_other_words_of_an_offer_wait_to_be_read_and_another_price_leaves_what_was_read(office):
    source = office.source()
    office.bring(source, feed("1", "2"))
    with office.factory() as session:
        session.execute(update(Property).values(grammar=1, read_facts=[{"kind": "window_view"}]))
        session.commit()

    cheaper = yrl_offer("1", price="<value>20000000</value>")
    office.bring(source, yrl(cheaper, yrl_offer("2", description="Окна на улицу.")))

    assert {name: row.grammar for name, row in office.rows(source).items()} == {"1": 1, "2": None}


def test_a_missing_offer_leaves_the_market_and_returns_under_its_id(office):
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


def test_a_listing_archived_by_a_person_stays_archived(office):
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
        (feed("1", "2", "3"), "import.many_missing"),
        (feed(), "import.feed_is_empty"),
    ],
)
def test_a_feed_that_lost_much_waits_for_a_person(office, data, reason):
    source = office.source()
    office.bring(source, feed(*"123456"))
    report = office.bring(source, data)

    found = office.last(source)
    assert (report.withdrawn, found.state) == (0, ImportState.WAITING)
    assert found.reason == reason
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
    with pytest.raises(FeedError, match="feed.bad_xml"):
        office.bring(source, data[: int(len(data) * cut)])

    assert office.versions() == before
    found = office.last(source)
    assert found.state is ImportState.FAILED and found.reason == "feed.bad_xml"


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
    assert report.reason.facts == {"unread": 1, "missing": 1}


def test_a_feed_without_any_valid_offer_fails_and_withdraws_nothing(office):
    source = office.source()
    office.bring(source, cian(*(cian_object(name) for name in "123")))
    strange = cian(*(cian_object(name, BargainTerms=None, more="<Cost>9</Cost>") for name in "456"))
    with pytest.raises(FeedError, match="feed.none_taken") as refusal:
        office.bring(source, strange)
    assert english(refusal.value) == "None of 3 offers could be imported. price: It is missing. (3 of them)"
    kept = office.last(source)
    assert (kept.reason, kept.reason_facts["reason"]["code"]) == ("feed.none_taken", "import.missing")
    assert english(reason_fault(kept)) == english(refusal.value)

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


def test_a_refused_offer_is_reported_and_its_listing_is_not_changed(office):
    source = office.source()
    office.bring(source, feed(*"123"))
    report = office.bring(
        source,
        yrl(yrl_offer("1"), yrl_offer("2", price="<value>0</value>"), yrl_offer("3"), yrl_offer("3"), yrl_offer(None)),
    )

    assert [
        (line.external_id, line.remark.field, english(line.remark.reason), line.remark.read) for line in report.refusals
    ] == [
        ("2", "price", "Must be above 0.", "0"),
        ("3", "id", "It is already on line 6.", "3"),
        ("", "id", "It is missing.", ""),
    ]
    assert (report.refused, report.unchanged, report.withdrawn) == (3, 2, 0)
    assert office.on_market(source) == set("123")
    kept = office.last(source)
    assert kept.report["refused"][0] == {
        "line": 5, "id": "2", "field": "price", "reason": "import.above_zero", "read": "0"
    }  # fmt: skip
    assert kept.report["passed_over"]["creation-date"] == 5


def test_an_id_that_comes_again_in_a_later_batch_is_refused(office, monkeypatch):
    monkeypatch.setattr("models.sources.store.BATCH", 2)
    source = office.source()
    report = office.bring(source, feed("1", "2", "3", "1"))

    assert (report.new, report.refused) == (3, 1)
    assert english(report.refusals[0].remark.reason) == "It is already on line 4."


def homes(*names, more=0, words=100):
    """A feed of homes with different prices, each with a text of the given length."""
    price = "<value>{}</value><currency>RUR</currency>"
    offers = (
        yrl_offer(name, price=price.format(5_000_000 + int(name) + more), description="Тихий двор. ".ljust(words, "!"))
        for name in names
    )
    return yrl(*offers)


def test_a_home_that_its_owner_offers_from_another_source_is_already_there(office):
    """The refusal names its id; it is accepted after it has left the market there. Another agency's is accepted."""
    first, stranger = office.source("first"), office.source("first")
    with office.factory() as session:
        owner = session.get_one(User, session.get_one(Source, first).owner_id)
    second = office.source("second", owner)
    office.bring(first, homes("1", "2", "3"))
    report = office.bring(second, homes("1", "2", "3"))
    office.bring(stranger, homes("1", "2", "3"))
    there = office.rows(first)

    assert office.last(second).state == ImportState.SUCCEEDED
    assert [(line.external_id, line.remark.reason.facts["property_id"]) for line in report.refusals] == [
        (name, there[name].id) for name in ("1", "2", "3")
    ]
    assert office.rows(second) == {} and office.on_market(stranger) == {"1", "2", "3"}

    office.bring(first, homes("1", "3"))
    assert office.on_market(first) == {"1", "3"}
    assert office.bring(second, homes("1", "2", "3")).new == 1
    assert office.on_market(second) == {"2"}


def test_a_home_in_two_sources_stays_in_both(office):
    """They were different when imported; a listing already in a source is never refused as a duplicate elsewhere."""
    first = office.source("first")
    with office.factory() as session:
        owner = session.get_one(User, session.get_one(Source, first).owner_id)
    second = office.source("second", owner)
    office.bring(first, homes("1"))
    office.bring(second, homes("1", more=1))
    report = office.bring(second, homes("1"))

    assert (report.changed, report.refused) == (1, 0)
    assert office.on_market(first) == office.on_market(second) == {"1"}


@pytest.mark.parametrize(("role", "words"), [(Role.DEVELOPER, 100), (Role.AGENCY, 99)])
def test_a_possible_second_unit_is_imported_from_both_sources(office, role, words):
    first = office.source("first")
    with office.factory() as session:
        owner = session.get_one(User, session.get_one(Source, first).owner_id)
        owner.role = role
        session.commit()
    second = office.source("second", owner)
    office.bring(first, homes("1", words=words))

    assert office.bring(second, homes("1", words=words)).new == 1
