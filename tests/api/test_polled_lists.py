"""Repeated requests for a page of a list: a 304 costs one statement, and is never answered for a changed page."""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import ActionKind, DealType, Side
from models.deals.matches import act
from models.market.leads import Lead
from models.market.properties import Property
from tests.factories import make_lead, make_property, make_user, token_header
from tests.statements import statements_on
from worker.lists import rescore

MOSCOW = ("geo:524901", DealType.SALE)


@dataclass
class Scene:
    session: Session
    buyer: User
    seller: User
    lead: Lead
    offers: list[Property]
    client: Any

    def path(self, side):
        if side is Side.LEAD:
            return f"/leads/{self.lead.id}/property-recommendations"
        return f"/properties/{self.offers[0].id}/lead-recommendations"

    def get(self, side, tag=None, query="", user=None):
        owner = user or (self.buyer if side is Side.LEAD else self.seller)
        headers = token_header(owner) | ({"If-None-Match": tag} if tag else {})
        return self.client.get(self.path(side) + query, headers=headers)

    def polled(self, side, query=""):
        """The answer to a second request for the page, and its tag."""
        first = self.get(side, query=query)
        second = self.get(side, first.headers["ETag"], query)
        assert (second.status_code, second.data) == (304, b"")
        return first, second.headers["ETag"]

    def sql(self, statement, **values):
        self.session.execute(text(statement), values)
        self.session.commit()

    def act(self, side, kind):
        user = self.buyer if side is Side.LEAD else self.seller
        act(self.session, user, side, kind=kind, lead_id=self.lead.id, property_id=self.offers[0].id)
        self.session.commit()

    def listed_anew(self):
        make_property(self.session, self.seller)
        make_lead(self.session, self.buyer)
        self.session.commit()
        rescore.reconcile_market(self.session, MOSCOW)
        self.session.commit()

    def both(self, columns):
        """Set columns of an entry of each list."""
        self.sql(f"UPDATE properties SET {columns} WHERE id = :id", id=self.offers[1].id)
        self.sql(f"UPDATE leads SET {columns} WHERE id = :id", id=self.lead.id)


@pytest.fixture
def scene(new_worker_session, client):
    with new_worker_session() as session:
        buyer, seller = make_user(session), make_user(session)
        lead = make_lead(session, buyer)
        offers = [make_property(session, seller, house_number=str(number)) for number in range(3)]
        session.commit()
        rescore.reconcile_market(session, MOSCOW)
        session.commit()
        yield Scene(session, buyer, seller, lead, offers, client)


CHANGES = {
    "an entry's price": lambda s: (
        s.sql("UPDATE properties SET price = price - 1"),
        s.sql("UPDATE leads SET budget_max = budget_max - 1"),
    ),
    "an entry leaves the market": lambda s: s.both("status = 'ARCHIVED'"),
    "an entry moves to another market": lambda s: s.both("city_key = 'geo:1'"),
    "owners get another name": lambda s: s.sql("UPDATE users SET name = 'Другое имя'"),
    "owners are put out": lambda s: (s.sql("UPDATE users SET is_active = false WHERE id = :id", id=s.seller.id),),
    "the list is written anew": lambda s: s.listed_anew(),
    "a dislike of the buyer": lambda s: s.act(Side.LEAD, ActionKind.DISLIKE),
    "a dislike of the seller": lambda s: s.act(Side.PROPERTY, ActionKind.DISLIKE),
    "a like": lambda s: s.act(Side.LEAD, ActionKind.LIKE),
    "contacts are shared": lambda s: (s.act(Side.LEAD, ActionKind.LIKE), s.act(Side.PROPERTY, ActionKind.LIKE)),
    "adverts of one home": lambda s: s.sql(
        "INSERT INTO advert_groups (property_id, group_id) SELECT id, 1 FROM properties"
    ),
    "the market's order": lambda s: s.sql(
        "INSERT INTO score_shifts (side, entity_id, city_key, deal_type, shift)"
        " SELECT 'PROPERTY', id, city_key, deal_type, -50 FROM properties ORDER BY id LIMIT 1"
    ),
    "nothing that shows": lambda s: s.sql("UPDATE markets SET published_at = now()"),
    "the owner's own edit": lambda s: (
        s.sql("UPDATE leads SET private_notes = 'x'"),
        s.sql("UPDATE properties SET commission_share = 1 WHERE id = :id", id=s.offers[0].id),
    ),
}


@pytest.mark.parametrize("side", Side)
def test_a_page_that_is_polled_costs_one_statement(scene, side, engine):
    _, tag = scene.polled(side)
    with statements_on(engine) as statements:
        answer = scene.get(side, tag)

    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
    assert len(statements) == 1, statements


@pytest.mark.parametrize("change", CHANGES)
def test_no_change_that_shows_is_answered_with_304(scene, change):
    known = {side: scene.polled(side) for side in Side}
    CHANGES[change](scene)
    for side, (before, tag) in known.items():
        answer, fresh = scene.get(side, tag), scene.get(side)

        assert (answer.status_code == 304) == (fresh.data == before.data), (side, answer.status_code)
        if answer.status_code == 200:
            assert answer.data == fresh.data


def test_a_listing_shows_again_after_an_undo(scene):
    scene.act(Side.LEAD, ActionKind.DISLIKE)
    before, tag = scene.polled(Side.LEAD)
    scene.sql("DELETE FROM actions")

    answer = scene.get(Side.LEAD, tag)

    assert answer.status_code == 200 and answer.json["total"] == before.json["total"] + 1


def test_a_transaction_that_ends_late_is_seen(scene, engine):
    with Session(engine) as late:
        late.execute(text("UPDATE properties SET street = 'Новая' WHERE id = :id"), {"id": scene.offers[0].id})
        scene.sql("UPDATE users SET agency_name = agency_name")  # younger, and ended
        _, tag = scene.polled(Side.LEAD)
        late.commit()

    assert scene.get(Side.LEAD, tag).status_code == 200


def test_a_tag_of_another_page_is_no_tag_of_this_one(scene):
    _, tag = scene.polled(Side.LEAD)

    assert scene.get(Side.LEAD, tag, "?limit=1").status_code == 200
    assert scene.get(Side.PROPERTY, tag).status_code == 200
    assert scene.get(Side.LEAD, tag, user=scene.seller).status_code == 404
    for wrong in ('"x"', '"a.b.c"', f'"{tag.strip(chr(34)).split(".")[0]}.9-9.9"'):
        assert scene.get(Side.LEAD, wrong).status_code == 200


def test_a_void_token_is_401_before_304(scene):
    _, tag = scene.polled(Side.LEAD)
    headers = token_header(scene.buyer) | {"If-None-Match": tag}
    scene.sql("UPDATE users SET token_version = token_version + 1 WHERE id = :id", id=scene.buyer.id)

    assert scene.client.get(scene.path(Side.LEAD), headers=headers).status_code == 401


@pytest.mark.parametrize("query", ["?explain=true", "?page=9", "?grouped=true"])
def test_other_pages_have_tags_as_well(scene, query):
    _, tag = scene.polled(Side.LEAD, query)
    scene.sql("UPDATE properties SET street = 'Новая'")

    assert (scene.get(Side.LEAD, tag, query).status_code == 200) == ("page=9" not in query)
