"""Repeated requests for a user's own rows: a 304 costs one statement, and is never answered for a changed list."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import ActionKind, MatchStatus, Side
from models.core.errors import DomainError
from models.deals.matches import act
from tests.factories import make_lead, make_property, make_user, token_header
from tests.length import examples
from tests.statements import statements_on

#: The reader (the owner of leads or of properties), and the path.
LISTS = {
    "my leads": ("buyer", "/leads?limit=2"),
    "my leads on the market": ("buyer", "/leads?status=ACTIVE"),
    "my properties": ("seller", "/properties"),
    "my listings": ("seller", "/listings/my?page=1&limit=2"),
    "matches of a lead": ("buyer", "/leads/{lead}/matches"),
    "rejected matches of a lead": ("buyer", "/leads/{lead}/matches?status=REJECTED"),
    "matches of a property": ("seller", "/properties/{home}/matches"),
}


@dataclass
class Scene:
    engine: Engine
    session: Session
    client: Any
    buyer: User
    seller: User
    lead: int
    home: int
    headers: dict[str, dict[str, str]]  #: Of the signed-in owners.
    late: list[Session] = field(default_factory=list)  #: Sessions with a write that is not committed.

    def get(self, name: str, tag: str | None = None) -> Any:
        owner, path = LISTS[name]
        headers = self.headers[owner] | ({"If-None-Match": tag} if tag else {})
        return self.client.get(path.format(lead=self.lead, home=self.home), headers=headers)

    def polled(self, name: str) -> tuple[bytes, str]:
        """The answer to a second request, and its tag."""
        first = self.get(name)
        second = self.get(name, first.headers["ETag"])
        assert (first.status_code, second.status_code) == (200, 304), first.text
        return first.data, second.headers["ETag"]

    def sql(self, statement: str) -> None:
        names = {"lead": self.lead, "home": self.home, "buyer": self.buyer.id, "seller": self.seller.id}
        self.session.execute(text(statement), names)
        self.session.commit()

    def act(self, side: Side, kind: ActionKind) -> None:
        user = self.buyer if side is Side.LEAD else self.seller
        try:
            act(self.session, user, side, kind=kind, lead_id=self.lead, property_id=self.home)
            self.session.commit()
        except DomainError:  # one of them has left the market
            self.session.rollback()

    def make(self, thing: Callable, owner: User) -> None:
        thing(self.session, owner)
        self.session.commit()

    def begin_late(self) -> None:
        if not self.late:
            late = Session(self.engine)
            late.execute(text("INSERT INTO matches (lead_id, property_id, status, negotiation_status) SELECT "
                              "max(leads.id), min(properties.id), 'PENDING', 'PENDING' FROM leads, properties "
                              "ON CONFLICT DO NOTHING"))  # fmt: skip
            self.late.append(late)

    def end_late(self) -> None:
        while self.late:
            late = self.late.pop()
            late.commit()
            late.close()


WRITES: dict[str, Callable[[Scene], object]] = {
    "a lead is changed": lambda s: s.sql("UPDATE leads SET budget_max = budget_max - 1 WHERE id = :lead"),
    "a note that others do not see": lambda s: s.sql("UPDATE leads SET private_notes = 'x' WHERE id = :lead"),
    "a lead leaves the market": lambda s: s.sql("UPDATE leads SET status = 'ARCHIVED' WHERE id = :lead"),
    "a lead comes back": lambda s: s.sql("UPDATE leads SET status = 'ACTIVE' WHERE id = :lead"),
    "a lead is made": lambda s: s.make(make_lead, s.buyer),
    "a property is made": lambda s: s.make(make_property, s.seller),
    "another owner's property is made": lambda s: s.make(make_property, s.buyer),
    "a property is changed": lambda s: s.sql("UPDATE properties SET price = price - 1 WHERE id = :home"),
    "a property's title": lambda s: s.sql("UPDATE properties SET title = 'Дом' WHERE id = :home"),
    "a property is deleted": lambda s: s.sql(
        "DELETE FROM properties WHERE id = (SELECT max(id) FROM properties WHERE owner_id = :seller"
        " AND id > :home AND id NOT IN (SELECT property_id FROM matches))"
    ),
    "a property gets another owner": lambda s: s.sql(
        "UPDATE properties SET owner_id = :buyer WHERE id = (SELECT max(id) FROM properties WHERE owner_id = :seller"
        " AND id > :home)"
    ),
    "the buyer likes": lambda s: s.act(Side.LEAD, ActionKind.LIKE),
    "the seller likes": lambda s: s.act(Side.PROPERTY, ActionKind.LIKE),
    "the seller dislikes": lambda s: s.act(Side.PROPERTY, ActionKind.DISLIKE),
    "a match is deleted": lambda s: s.sql("DELETE FROM matches WHERE lead_id = :lead"),
    "the seller gets another name": lambda s: s.sql("UPDATE users SET name = name || 'а' WHERE id = :seller"),
    "the buyer gets another agency": lambda s: s.sql("UPDATE users SET agency_name = 'Дом' WHERE id = :buyer"),
    "a market's state": lambda s: s.sql("UPDATE markets SET published_at = now()"),
    "a transaction begins": lambda s: s.begin_late(),
    "it ends": lambda s: s.end_late(),
}


@pytest.fixture
def scene(engine, database, client):
    buyer, seller = make_user(database), make_user(database)
    lead, home = make_lead(database, buyer), make_property(database, seller)
    make_lead(database, buyer), make_property(database, seller)
    database.commit()
    headers = {"buyer": token_header(buyer), "seller": token_header(seller)}
    scene_ = Scene(engine, database, client, buyer, seller, lead.id, home.id, headers)
    yield scene_
    for late in scene_.late:
        late.close()


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_is_polled_costs_one_statement(scene, name, engine):
    _, tag = scene.polled(name)
    with statements_on(engine) as statements:
        answer = scene.get(name, tag)

    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
    assert len(statements) == 1, statements


@settings(
    max_examples=examples(10, 400),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(history=st.lists(st.sampled_from(sorted(WRITES)), min_size=1, max_size=6))
def test_after_any_writes_the_tag_changes_whenever_the_list_does(scene, history):
    """All histories share one database, because no claim depends on earlier rows."""
    known = {name: scene.polled(name) for name in LISTS}
    for write in history:
        WRITES[write](scene)
        for name, (before, tag) in known.items():
            answer, fresh = scene.get(name, tag), scene.get(name)

            assert (answer.status_code == 304) == (fresh.data == before), (name, write)
            if answer.status_code == 200:
                assert answer.data == fresh.data
                assert answer.headers["ETag"] != tag
            known[name] = (fresh.data, answer.headers["ETag"])
    scene.end_late()


def test_a_match_that_is_rejected_leaves_the_lists_that_ask_for_others(scene):
    scene.act(Side.LEAD, ActionKind.LIKE)
    before, tag = scene.polled("rejected matches of a lead")
    scene.act(Side.PROPERTY, ActionKind.DISLIKE)

    answer = scene.get("rejected matches of a lead", tag)

    assert (answer.status_code, answer.json["total"]) == (200, 1)
    assert answer.json["matches"][0]["status"] == MatchStatus.REJECTED


def test_a_tag_is_of_one_user_one_list_and_one_page(scene):
    _, tag = scene.polled("my leads")
    for path in ("/leads?limit=1", "/leads?limit=2&page=2", "/properties?limit=2"):
        assert scene.client.get(path, headers=scene.headers["buyer"] | {"If-None-Match": tag}).status_code == 200
    headers = scene.headers["seller"] | {"If-None-Match": tag}
    assert scene.client.get("/leads?limit=2", headers=headers).status_code == 200
    matches = f"/leads/{scene.lead}/matches"
    assert scene.client.get(matches, headers=headers).status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_a_void_token_is_401_before_304(scene, name):
    _, tag = scene.polled(name)
    owner, path = LISTS[name]
    headers = scene.headers[owner] | {"If-None-Match": tag}
    scene.sql("UPDATE users SET token_version = token_version + 1")

    path = path.format(lead=scene.lead, home=scene.home)
    assert scene.client.get(path, headers=headers).status_code == 401
