"""
No answer shows another user's contacts before the match shares them, whatever actions the two sides take in any
order.
"""

import itertools

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models.core.enums import Role
from tests.factories import make_lead, make_property, make_user, token_header
from tests.length import examples
from worker.lists import rescore

LEAD, PROPERTY = "lead", "property"
#: The commission that the property offers the other side's realtor if neither side states one.
OFFERED = 2.5

likes = st.tuples(st.just("LIKE"), st.sampled_from([LEAD, PROPERTY]), st.sampled_from([None, OFFERED, 3]))
dislikes = st.tuples(st.just("DISLIKE"), st.sampled_from([LEAD, PROPERTY]), st.none())
completions = st.tuples(st.just("COMPLETE"), st.sampled_from([LEAD, PROPERTY]), st.none())
#: Mostly likes, because nothing is shared without them.
actions = st.lists(st.one_of(likes, likes, likes, dislikes, completions), min_size=1, max_size=6)

numbers = itertools.count(1)


class Rule:
    """
    An independent version of the contract's rule for sharing contacts: both sides like, and either state the same
    commission, or the later like states none.
    """

    def __init__(self) -> None:
        self.actions = {LEAD: None, PROPERTY: None}
        self.figure = {LEAD: None, PROPERTY: None}
        self.shared = False

    def apply(self, kind: str, side: str, figure: float | None) -> None:
        if kind == "COMPLETE":
            return
        self.actions[side] = kind
        if kind == "DISLIKE":
            return
        other = PROPERTY if side == LEAD else LEAD
        both = self.actions[other] == "LIKE"
        if figure is None:
            figure = self.figure[other] if both else self.figure[side] if self.figure[side] is not None else OFFERED
        self.figure[side] = figure
        self.shared = self.shared or (both and figure == self.figure[other])


@pytest.fixture
def db(engine, clean_database, new_worker_session):
    with Session(engine, expire_on_commit=False) as session:
        yield session


class World:
    """
    A lead of one realtor and a property of another, in each other's lists, and an uninvolved user of the same market.
    """

    def __init__(self, db: Session, client) -> None:
        self.client = client
        number = next(numbers)
        a, b, onlooker, admin = (
            make_user(db, telegram_username=f"tg_{number}_{who}", role=role) for who, role in PEOPLE
        )
        city = f"Город {number}"  # a market of its own: examples do not meet
        self.client_contacts = f"+7702{number:07}"
        lead = make_lead(db, a, city=city, client_name=f"Клиент {number}", client_contacts=self.client_contacts)
        listing = make_property(db, b, city=city)
        make_lead(db, onlooker, city=city)
        make_property(db, onlooker, city=city)
        db.commit()
        rescore.rebuild_market(db, (lead.city_key, lead.deal_type), None)
        db.commit()
        self.lead, self.property = lead.id, listing.id
        self.headers = {LEAD: token_header(a), PROPERTY: token_header(b), "onlooker": token_header(onlooker)}
        self.headers["admin"] = token_header(admin)
        #: Values that only the owner may see before contacts are shared: their own phone and Telegram, and the
        #: client's contacts.
        self.secrets = {
            LEAD: [a.phone, a.telegram_username, self.client_contacts],
            PROPERTY: [b.phone, b.telegram_username],
        }

    def do(self, kind: str, side: str, figure: float | None) -> None:
        if kind == "COMPLETE":
            matches = self.client.get(f"/leads/{self.lead}/matches", headers=self.headers[LEAD]).json["matches"]
            for match in matches:
                self.client.post(f"/matches/{match['match_id']}/complete", headers=self.headers[side])
            return
        path = (
            f"/leads/{self.lead}/property-recommendations/{self.property}/action"
            if side == LEAD
            else f"/properties/{self.property}/lead-recommendations/{self.lead}/action"
        )
        body = {"action": kind} | ({} if figure is None else {"proposed_commission": figure})
        answer = self.client.post(path, json=body, headers=self.headers[side])
        assert answer.status_code in (200, 201, 409), answer.json
        self.accepted = answer.status_code != 409

    def seen_by(self, who: str) -> str:
        """All answers about the pair that a user can read, as one text."""
        paths = ["/notifications"]
        paths += [f"/leads/{self.lead}/{part}" for part in ("matches", "property-recommendations")]
        paths += [f"/properties/{self.property}/{part}" for part in ("matches", "lead-recommendations")]
        return "\n".join(self.client.get(path, headers=self.headers[who]).get_data(as_text=True) for path in paths)


PEOPLE = ((LEAD, Role.REALTOR), (PROPERTY, Role.REALTOR), ("onlooker", Role.REALTOR), ("admin", Role.ADMIN))


@hypothesis_settings(
    max_examples=examples(5, 100),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(actions)
def test_contacts_show_only_once_they_are_shared(client, db, actions):
    world, rule = World(db, client), Rule()
    for kind, side, figure in actions:
        world.accepted = True
        world.do(kind, side, figure)
        if world.accepted:
            rule.apply(kind, side, figure)
        if rule.shared:
            break
        for owner, other in ((LEAD, PROPERTY), (PROPERTY, LEAD)):
            text = world.seen_by(other)
            for secret in world.secrets[owner]:
                assert secret not in text, (secret, actions)
    for who in ("onlooker", "admin"):
        text = world.seen_by(who)
        assert not any(secret in text for secrets in world.secrets.values() for secret in secrets)


def test_the_search_for_leaks_would_find_one(client, db):
    """After sharing, the same search finds the contacts, so the test above can fail."""
    world = World(db, client)
    world.do("LIKE", LEAD, None)
    world.do("LIKE", PROPERTY, None)

    assert world.secrets[PROPERTY][0] in world.seen_by(LEAD)
    assert world.client_contacts in world.seen_by(PROPERTY)
