"""The checker reports nothing for a correct database, and every rule that is broken."""

import pytest
from sqlalchemy import text

from models.accounts.notifications import NotificationType, notify
from models.core.enums import ActionKind, Side
from models.deals.matches import act
from models.upkeep.invariants import RULES, check_all
from tests.factories import make_lead, make_property, make_user
from tests.tables import each_of

RUN = (
    "INSERT INTO rescoring_runs (id, scope, state, requested_by) OVERRIDING SYSTEM VALUE"
    " VALUES (901, 'all', '{}', 'test')"
)
SHARD = "INSERT INTO rescoring_shards (run_id, city_key, deal_type, tile, state) VALUES (901, 'x', 'SALE', 0, '{}')"


def broken(session) -> dict[str, tuple[str, ...]]:
    """Rule -> examples that the checker finds."""
    session.flush()
    return {result.rule.key: result.examples for result in check_all(session) if result.count}


@pytest.fixture
def sound(session):
    """Two realtors, three leads, three properties, their lists as a worker writes them, and two matches."""
    seller, buyer = make_user(session), make_user(session)
    homes = [make_property(session, seller) for _ in range(3)]
    leads = [make_lead(session, buyer) for _ in range(3)]
    session.execute(
        text("INSERT INTO markets (city_key, deal_type, run_id) VALUES (:city, 'SALE', 7)"), {"city": leads[0].city_key}
    )
    for side, mine, others in (("lead", leads, homes), ("property", homes, leads)):
        for row in mine:
            _store(session, side, row, [each.id for each in others], [90.0] * 3)
    agreed, proposed = (leads[0], homes[0]), (leads[1], homes[1])
    for side, user in ((Side.LEAD, buyer), (Side.PROPERTY, seller)):
        _like(session, user, side, agreed)
    _like(session, buyer, Side.LEAD, proposed)
    names = {
        f"{kind}{index}": row.id for kind, rows in (("lead", leads), ("home", homes)) for index, row in enumerate(rows)
    }
    return names | {"buyer": buyer.id, "seller": seller.id, "user": buyer}


def _like(session, user, side, pair):
    lead, home = pair
    return act(session, user, side, lead_id=lead.id, property_id=home.id, kind=ActionKind.LIKE)


def _store(session, side, row, ids, scores):
    other = "property" if side == "lead" else "lead"
    session.execute(
        text(
            f"INSERT INTO {side}_recommendations ({side}_id, {other}_ids, scores, version, city_key, deal_type, run_id)"
            " VALUES (:id, :ids, CAST(:scores AS real[]), :version, :city, 'SALE', 7)"
        ),
        {"id": row.id, "ids": ids, "scores": scores, "version": row.version, "city": row.city_key},
    )


def _list(side: str, change: str) -> str:
    """SQL that changes the first list of a side."""
    row = "lead0" if side == "lead" else "home0"
    return f"UPDATE {side}_recommendations SET {change} WHERE {side}_id = :{row}"


def _entity(table: str, change: str) -> str:
    """SQL that changes the first lead or property as if its lists had been computed later."""
    row, side = ("lead0", "lead") if table == "leads" else ("home0", "property")
    return (
        f"WITH changed AS (UPDATE {table} SET {change} WHERE id = :{row} RETURNING id, version)"
        f" UPDATE {side}_recommendations AS r SET version = changed.version FROM changed WHERE r.{side}_id = changed.id"
    )


MATCH = "UPDATE matches SET {} WHERE lead_id = :lead0"

#: Rule -> statements that break it.
BREAKS = {
    "lead_lengths": [_list("lead", "scores = scores[1:2]")],
    "property_lengths": [_list("property", "scores = scores[1:2]")],
    "lead_too_long": [
        _list("lead", "property_ids = array_fill(:home0, ARRAY[101]), scores = array_fill(1::real, ARRAY[101])")
    ],
    "property_too_long": [
        _list("property", "lead_ids = array_fill(:lead0, ARRAY[101]), scores = array_fill(1::real, ARRAY[101])")
    ],
    "lead_order": [_list("lead", "scores = ARRAY[90, 91, 90]")],
    "property_order": [_list("property", "lead_ids = ARRAY[:lead1, :lead0, :lead2]")],
    "lead_twice": [_list("lead", "property_ids = ARRAY[:home0, :home1, :home0], scores = ARRAY[90, 90, 80]")],
    "property_twice": [_list("property", "lead_ids = ARRAY[:lead0, :lead1, :lead1]")],
    "lead_range": [_list("lead", "scores = ARRAY[101, 90, 90]")],
    "property_range": [_list("property", "scores = ARRAY[90, 90, 'NaN']::real[]")],
    "lead_version": [_list("lead", "version = version + 1")],
    "property_version": [_list("property", "version = version + 1")],
    "lead_nowhere": [_list("lead", "city_key = NULL, deal_type = NULL")],
    "property_nowhere": [_list("property", "city_key = NULL, deal_type = NULL")],
    "lead_market": [_list("lead", "deal_type = 'RENT'")],
    "property_market": [_list("property", "city_key = 'name:elsewhere'")],
    "lead_generation": [_list("lead", "run_id = 6")],
    "property_generation": [_list("property", "run_id = 6")],
    "lead_orphan": [_list("lead", "property_ids[3] = 999999999")],
    "property_orphan": ["DELETE FROM lead_recommendations WHERE lead_id = :lead2"],
    "lead_other_market": [_entity("properties", "deal_type = 'RENT'")],
    "property_other_market": [_entity("leads", "city_key = 'name:elsewhere'")],
    "lead_own": [_entity("properties", "owner_id = :buyer")],
    "property_own": [_entity("leads", "owner_id = :seller")],
    "lead_type": [_entity("properties", "property_type = 'HOUSE'")],
    "property_type": [_entity("leads", "property_type = 'APARTMENTS'")],
    "lead_rooms": [_entity("properties", "rooms = 4")],
    "property_rooms": [_entity("leads", "rooms = '{0, 4}'")],
    "lead_price": [_entity("properties", "price = 17250000.01")],
    "property_price": [_entity("leads", "budget_max = 10800000")],
    "lead_area": [_entity("properties", "area = 24.99")],
    "property_area": [_entity("leads", "area_min = 121, area_max = 130")],
    "lead_score": [_list("property", "scores = ARRAY[90.5, 90, 90]")],
    "property_score": [_list("lead", "scores = ARRAY[90.5, 90, 90]")],
    "lead_missing": [_list("property", "lead_ids = lead_ids[1:2], scores = scores[1:2]")],
    "property_missing": [_list("lead", "property_ids = property_ids[1:2], scores = scores[1:2]")],
    "like_without_match": ["DELETE FROM matches WHERE lead_id = :lead1"],
    "match_status": [MATCH.format("status = 'PENDING'")],
    "match_negotiation": [MATCH.format("negotiation_status = 'REJECTED'")],
    "match_contacts": [MATCH.format("contact_shared_at = NULL")],
    "match_closed": [MATCH.format("closed_by_match_id = id")],
    "match_open": ["UPDATE properties SET left_with_match_id = 1 WHERE id = :home0"],
    "notification_missing": ["DELETE FROM notifications WHERE type = 'NEW_MATCH' AND user_id = :seller"],
    "contacts_not_notified": ["DELETE FROM notifications WHERE type = 'CONTACT_SHARED' AND user_id = :seller"],
    "contacts_notified_unshared": [MATCH.format("contact_shared_at = NULL")],
    "notification_twice": [
        "ALTER TABLE notifications DROP CONSTRAINT uq_notifications_once",
        "INSERT INTO notifications (user_id, type, subject, title, message, data)"
        " SELECT user_id, type, subject, title, message, data FROM notifications",
    ],
    "run_open_shard": [RUN.format("failed"), SHARD.format("queued")],
    "run_never_ends": [RUN.format("running")],
    "run_not_whole": [RUN.format("succeeded"), SHARD.format("failed")],
    "group_number": ["INSERT INTO advert_groups (property_id, group_id) VALUES (:home0, :home1)"],
    "group_market": [
        "UPDATE properties SET floor = 4 WHERE id = :home1",
        "INSERT INTO advert_groups (property_id, group_id) VALUES (:home0, :home0), (:home1, :home0)",
        "INSERT INTO advert_keys (property_id, version, keys) SELECT id, version, '{1}' FROM properties",
    ],
    "webhook_overdue": [
        "INSERT INTO webhook_endpoints (id, owner_id, url, types, secret)"
        " VALUES (1, :seller, 'https://example.com/', '{match.created}', 'whsec_test')",
        "INSERT INTO webhook_events (id, message_id, owner_id, type, subject, facts)"
        " VALUES (1, gen_random_uuid(), :seller, 'match.created', 'match:1', '{}')",
        "INSERT INTO webhook_deliveries (endpoint_id, event_id, subject, next_at)"
        " VALUES (1, 1, 'match:1', now() - interval '16 minutes')",
    ],
    "price_history": [
        "INSERT INTO property_prices (property_id, price, currency, since) VALUES (:home0, 1, 'RUB', now())"
    ],
}


def test_a_sound_database_breaks_no_rule(session, sound):
    assert broken(session) == {}


def test_an_empty_database_breaks_no_rule(session):
    assert broken(session) == {}


def test_every_rule_has_its_break():
    assert {rule.key for rule in RULES} == {*BREAKS, "notification_orphan"}


@each_of("rule", BREAKS)
def test_a_broken_rule_is_reported(session, sound, rule):
    with session.begin_nested() as until_now:
        if rule.endswith("lengths"):  # The database itself forbids this one.
            for table in ("lead_recommendations", "property_recommendations"):
                session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_a_score_for_each_id"))
        for statement in BREAKS[rule]:
            names = {name: value for name, value in sound.items() if f":{name}" in statement}
            session.execute(text(statement), names)

        assert rule in broken(session)
        until_now.rollback()


def test_a_notification_of_somebody_elses_match_is_reported(session, sound):
    stranger = make_user(session)
    match_id = session.scalar(text("SELECT id FROM matches WHERE lead_id = :id"), {"id": sound["lead0"]})
    notification = notify(session, stranger.id, NotificationType.NEW_MATCH, f"match:{match_id}", data={})

    assert broken(session) == {"notification_orphan": (f"notification {notification}, user {stranger.id}",)}


GROUP = [
    "INSERT INTO advert_groups (property_id, group_id) VALUES (:home0, :home0), (:home1, :home0)",
    "INSERT INTO advert_keys (property_id, version, keys) SELECT id, version, '{1}' FROM properties",
]


def _without(side: str, row: str, other: str) -> str:
    """SQL that removes *other* from the list of *row*."""
    ids = "property_ids" if side == "lead" else "lead_ids"
    return (
        f"UPDATE {side}_recommendations SET {ids} = array_remove({ids}, :{other}), scores = scores[2:]"
        f" WHERE {side}_id = :{row}"
    )


FEED_ACTION = [
    "WITH changed AS (UPDATE leads SET origin = 'tinder' WHERE id = :lead2 RETURNING id, version)"
    " UPDATE lead_recommendations AS r SET version = changed.version FROM changed WHERE r.lead_id = changed.id",
    "INSERT INTO feed_actions (user_id, property_id, action, source) VALUES (:buyer, :home0, 'dislike', 'web')",
]


@pytest.mark.parametrize(
    ("statements", "rules"),
    [
        # lead0 and home0 have acted on each other; home1 is another advert of the home, home2 another home.
        ([_without("lead", "lead0", "home1")], {"property_missing"}),
        ([*GROUP, _without("lead", "lead0", "home1")], set()),
        ([*GROUP, _without("lead", "lead0", "home2")], {"property_missing"}),
        ([*GROUP, _without("lead", "lead2", "home1")], {"property_missing"}),
        ([*GROUP, *FEED_ACTION, _without("lead", "lead2", "home1")], set()),
        ([*GROUP, *FEED_ACTION, _without("lead", "lead2", "home2")], {"property_missing"}),
        ([*GROUP, _without("property", "home0", "lead0")], set()),
        ([*GROUP, _without("property", "home1", "lead0")], {"lead_missing"}),
    ],
)
def test_a_leads_action_takes_the_whole_home_out_of_its_list_and_a_propertys_only_the_pair(
    session, sound, statements, rules
):
    for statement in statements:
        session.execute(text(statement), sound)

    assert broken(session).keys() == rules


def test_a_list_that_is_not_yet_recomputed_breaks_no_rule(session, sound):
    """Between a write and its rescoring the stored lists show the earlier state, which is not a fault."""
    session.execute(
        text("UPDATE leads SET budget_max = 1000, budget_min = 1, rooms = '{9}' WHERE id = :id"), {"id": sound["lead0"]}
    )

    assert broken(session) == {}


def test_apartments_and_a_room_more_are_no_break(session, sound):
    session.execute(
        text(_entity("properties", "property_type = 'APARTMENTS', rooms = 3, price = 17250000")),
        {"home0": sound["home0"]},
    )

    assert broken(session) == {}


def test_ten_rooms_and_more_are_one_number(session, sound):
    session.execute(text(_entity("properties", "rooms = 15")), {"home0": sound["home0"]})
    session.execute(
        text(
            "WITH changed AS (UPDATE leads SET rooms = '{10}' RETURNING id, version) UPDATE lead_recommendations AS r"
            " SET version = changed.version FROM changed WHERE r.lead_id = changed.id"
        )
    )

    found = broken(session)

    assert f"lead {sound['lead0']}, property {sound['home0']}" not in found["lead_rooms"]
    assert f"lead {sound['lead0']}, property {sound['home1']}" in found["lead_rooms"]


def test_money_is_compared_by_the_rates_and_without_one_not_at_all(session, sound):
    session.execute(text(_entity("properties", "currency = 'USD', price = 200000")), {"home0": sound["home0"]})
    assert broken(session) == {}

    session.execute(text("INSERT INTO rates (base, currency, day, rate) VALUES ('USD', 'RUB', '2020-01-01', 90)"))

    assert set(broken(session)) == {"lead_price", "property_price"}


def test_equal_currencies_are_compared_as_they_are_without_a_rate(session, sound):
    session.execute(text(_entity("leads", "currency = 'AED', budget_max = 100000000")), sound)
    session.execute(text(_entity("properties", "currency = 'AED', price = 115000000")), sound)
    assert broken(session) == {}

    session.execute(text(_entity("properties", "price = 115000000.01")), sound)

    assert set(broken(session)) == {"lead_price", "property_price"}


def test_examples_are_few_and_the_count_is_whole(session, sound):
    session.execute(text("UPDATE lead_recommendations SET run_id = 6"))

    [result] = [each for each in check_all(session, examples=2) if each.count]

    assert (result.count, len(result.examples)) == (3, 2)


@pytest.mark.parametrize(
    "gone",
    [
        "UPDATE matches SET created_at = now() - interval '181 days'",
        "UPDATE users SET deleted_at = now(), is_active = false WHERE id = :seller",
    ],
)
def test_notifications_that_were_rightly_cleared_away_are_not_missed(session, sound, gone):
    for statement in (gone, "DELETE FROM notifications WHERE user_id = :seller"):
        session.execute(text(statement), {"seller": sound["seller"]})
    assert broken(session) == {}
