"""Merging two towns loses nothing: rows move, lists equal those of a full run, and later rows go there too."""

import random

import pytest
from sqlalchemy import select

from models.core.enums import DealType, Origin
from models.core.errors import ConflictError, NotFoundError
from models.market.leads import Lead, create_lead, replace_lead
from models.market.listings import public_listings
from models.market.places import NO_CURRENCY, city_of
from models.market.properties import Property
from models.market.town_aliases import TownAlias, city_in
from models.rescoring.market_census import market_counts
from models.rescoring.run_plan import stale_markets
from models.rescoring.town_merge import merge_towns, reread_towns
from models.upkeep.invariants import check_all
from tests.factories import make_lead, make_property, make_user
from tests.worker.lists.test_rescore import ALMATY, fill, lead_wishes, property_facts, stored_lists
from worker.lists import rescore

VILLAGE = "Новый Зурбаган"
VILLAGE_KEY = "name:новый зурбаган"
MOSCOW = "geo:524901"


@pytest.fixture
def session(new_worker_session):
    with new_worker_session() as session:
        yield session


def rebuild(session):
    for market in (("geo:524901", DealType.SALE), ALMATY, (VILLAGE_KEY, DealType.SALE)):
        rescore.rebuild_market(session, market, None)
        session.commit()


def rescore_stale(session):
    """Do the work of a run over stale lists."""
    for market in sorted(stale_markets(session)):
        rescore.rebuild_market(session, market, None)
        session.commit()


def populate(session, chance):
    fill(session, chance)
    users = [make_user(session) for _ in range(3)]
    for _ in range(6):
        make_property(session, chance.choice(users), city=VILLAGE, **property_facts(chance))
        make_lead(session, chance.choice(users), city=VILLAGE, **lead_wishes(chance))
    session.commit()


def test_merged_markets_have_the_lists_of_a_full_run_and_nothing_of_the_old_one(session):
    populate(session, random.Random(3))
    rebuild(session)

    moved = merge_towns(session, VILLAGE_KEY, MOSCOW, "cli")
    session.commit()
    rescore_stale(session)
    after_merge = stored_lists(session)
    rebuild(session)

    assert (moved.leads, moved.properties) == (6, 6)
    assert after_merge == stored_lists(session)
    assert {row[2] for row in after_merge.values()} == {MOSCOW}
    assert session.scalars(select(Lead.id).where(Lead.city_key == VILLAGE_KEY)).all() == []
    assert [result.rule.claim for result in check_all(session, 5) if result.count] == []


def test_amounts_without_a_currency_get_the_towns_and_others_stay(session):
    user = make_user(session)
    without, in_dollars = (
        make_property(session, user, city=VILLAGE),
        make_property(session, user, city=VILLAGE, currency="USD"),
    )
    assert without.currency == NO_CURRENCY

    merge_towns(session, VILLAGE_KEY, ALMATY[0], "cli")

    session.refresh(without)
    session.refresh(in_dollars)
    assert (without.currency, in_dollars.currency) == ("KZT", "USD")


def test_later_rows_with_the_old_name_go_to_the_new_town(session):
    user = make_user(session)
    make_property(session, user, city=VILLAGE)
    merge_towns(session, VILLAGE_KEY, ALMATY[0], "cli")

    later = make_lead(session, user, city="деревня Новый-Зурбаган")
    moved_in = make_lead(session, user, city="Москва")
    replace_lead(session, moved_in, {"city": VILLAGE})

    assert (later.city_key, later.currency) == (ALMATY[0], "KZT")
    assert moved_in.city_key == ALMATY[0]
    assert [row.city for row in session.scalars(public_listings(session, {"city": VILLAGE}))] == [VILLAGE]
    assert city_in(session, VILLAGE) == city_of("Алматы")


def test_a_merge_follows_an_earlier_one_and_does_not_go_round(session):
    user = make_user(session)
    for town in (VILLAGE, "Васюки"):
        make_property(session, user, city=town)
    merge_towns(session, VILLAGE_KEY, "name:васюки", "cli")
    merge_towns(session, "name:васюки", MOSCOW, "cli")

    assert city_in(session, VILLAGE).key == MOSCOW
    assert set(session.scalars(select(TownAlias.into_key))) == {MOSCOW}
    with pytest.raises(ConflictError):
        merge_towns(session, MOSCOW, VILLAGE_KEY, "cli")
    with pytest.raises(NotFoundError):
        merge_towns(session, "name:нигде", MOSCOW, "cli")


def test_merging_again_moves_what_was_written_meanwhile(session):
    user = make_user(session)
    make_property(session, user, city=VILLAGE)
    merge_towns(session, VILLAGE_KEY, MOSCOW, "cli")
    left = make_property(session, user)
    left.city, left.city_key = VILLAGE, VILLAGE_KEY
    session.flush()

    again = merge_towns(session, VILLAGE_KEY, MOSCOW, "cli")

    assert (again.leads, again.properties) == (0, 1)


def test_towns_of_old_rows_are_read_again_and_assumed_roubles_become_the_towns_currency(session):
    """An earlier release treated «Алматы г.» as a separate town, with prices in roubles."""
    user = make_user(session)
    guessed, stated, wanted = make_property(session, user), make_property(session, user), make_lead(session, user)
    of_portal = create_lead(
        session,
        user,
        Origin.PORTAL,
        {"city": "Москва", "deal_type": DealType.SALE, "attributes": {"currency": "рубли"}},
    )
    for row, currency in ((guessed, "RUB"), (stated, "USD"), (wanted, "RUB"), (of_portal, "RUB")):
        row.city, row.city_key, row.currency = "Алматы г.", "name:алматы г", currency
    session.flush()

    moved = reread_towns(session)
    rows = [guessed, stated, wanted, of_portal]
    for row in rows:
        session.refresh(row)

    assert {row.city_key for row in rows} == {ALMATY[0]}
    assert [row.currency for row in rows] == ["KZT", "USD", "KZT", "RUB"]
    assert [(each.leads, each.properties) for each in moved] == [(2, 2)]
    assert reread_towns(session) == []


def test_unknown_and_nearly_empty_markets_are_reported(session):
    user = make_user(session)
    make_property(session, user, city="Кировс")
    for _ in range(6):
        make_property(session, user)

    counts = {each.city_key: each for each in market_counts(session)}

    assert not counts["name:кировс"].is_known and "Кировск" in counts["name:кировс"].nearest
    assert not counts[MOSCOW].needs_attention
    assert session.scalar(select(Property.city_key).where(Property.city == "Кировс")) == "name:кировс"


def test_a_market_of_merged_rows_alone_bears_its_own_towns_name(session):
    make_property(session, make_user(session), city=VILLAGE)
    merge_towns(session, VILLAGE_KEY, MOSCOW, "cli")

    assert {count.city_key: count.name for count in market_counts(session)} == {MOSCOW: "Москва"}
