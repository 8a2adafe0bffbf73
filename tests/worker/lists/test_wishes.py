"""From words to lists: a lead's text orders its list, whichever process reads it and whenever it changes."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from matching.reading.kinds import GRAMMAR_VERSION
from models.accounts.users import User
from models.core.enums import DealType, Side
from models.market.leads import Lead
from models.market.properties import Property
from tests.factories import lead_body, make_lead, make_property, make_user, property_body, token_header
from tests.worker.jobs.test_learning import run_everything
from worker.lists import rescore

WORDS = "не первый этаж, кухня от 9"
#: As stored by an import, whose texts are not read yet.
UNREAD: dict[str, Any] = {"grammar": None}


@pytest.fixture
def session(new_worker_session: Any) -> Any:
    with new_worker_session() as session:
        yield session


@pytest.fixture
def buyer(session: Session) -> User:
    return committed(session, make_user(session))


@pytest.fixture
def seller(session: Session) -> User:
    return committed(session, make_user(session))


def committed(session: Session, made: Any) -> Any:
    session.commit()
    return made


def homes(session: Session, seller: User, **descriptions: str) -> dict[int, str]:
    """A home for each description, alike otherwise: {id: name}."""
    made = {name: make_property(session, seller, description=text, **UNREAD) for name, text in descriptions.items()}
    session.commit()
    return {found.id: name for name, found in made.items()}


def listed(client: FlaskClient, owner: User, lead_id: int, names: dict[int, str]) -> list[tuple[str, dict[str, Any]]]:
    """The lead's list over HTTP, explained: (name, entry), best first."""
    path = f"/leads/{lead_id}/property-recommendations?explain=true"
    rows = client.get(path, headers=token_header(owner)).json["recommendations"]
    return [(names[int(row["property_id"])], row) for row in rows]


def order(rows: list[tuple[str, dict[str, Any]]]) -> list[str]:
    return [name for name, _ in rows]


def test_a_home_that_contradicts_a_wish_ranks_below_one_that_meets_it_and_the_quote_explains_why(
    client: FlaskClient, session: Session, buyer: User, seller: User
) -> None:
    names = homes(session, seller, small="Светлая. Кухня 6 м", silent="Светлая", large="Светлая. Кухня 10 м")
    lead = committed(session, make_lead(session, buyer, additional_requirements=WORDS, **UNREAD))
    run_everything(session)

    rows = listed(client, buyer, lead.id, names)

    assert order(rows) == ["large", "silent", "small"]
    scores = [row["match_score"] for _, row in rows]
    assert scores[0] >= 90 and scores[2] < 50, scores
    shown = {name: {wish["kind"]: (wish["outcome"], wish["quote"]) for wish in row["wishes"]} for name, row in rows}
    assert shown["large"] == {
        "first_floor": ("met", None),
        "kitchen_area": ("met", "Кухня 10 м"),
    }  # the floor is a field
    assert shown["small"]["kitchen_area"] == ("not_met", "Кухня 6 м")
    assert shown["silent"]["kitchen_area"] == ("not_told", None)
    for _, row in rows:
        points = sum(share["points"] for share in row["criteria"])
        assert points + row["adjustment"] == pytest.approx(row["match_score"], abs=0.01)


def test_a_must_that_is_contradicted_takes_the_home_off_the_list_and_an_unknown_one_does_not(
    client: FlaskClient, session: Session, buyer: User, seller: User
) -> None:
    names = homes(session, seller, panel="Панельный дом", silent="Светлая", brick="Кирпичный дом")
    lead = committed(session, make_lead(session, buyer, additional_requirements="только кирпич", **UNREAD))
    run_everything(session)

    assert order(listed(client, buyer, lead.id, names)) == ["brick", "silent"]


@pytest.mark.parametrize(
    ("deal", "description", "asking"),
    [
        (DealType.SALE, "Продаётся доля 1/3 в квартире", "рассмотрю долю"),
        (DealType.SALE, "Квартира с торгов, банкротство", "можно с торгов"),
        (DealType.RENT, "Сдаётся посуточно", "посуточно"),
    ],
)
def test_homes_that_few_want_are_listed_only_for_leads_that_wish_for_them(
    client: FlaskClient, session: Session, buyer: User, seller: User, deal: DealType, description: str, asking: str
) -> None:
    odd = make_property(session, seller, deal_type=deal, description=description, **UNREAD)
    usual = make_property(session, seller, deal_type=deal, description="Светлая", **UNREAD)
    silent, asks = (
        make_lead(session, buyer, deal_type=deal, additional_requirements=words, **UNREAD) for words in ("", asking)
    )
    session.commit()
    run_everything(session)
    names = {odd.id: "odd", usual.id: "usual"}

    assert order(listed(client, buyer, silent.id, names)) == ["usual"]
    assert "odd" in order(listed(client, buyer, asks.id, names))


def test_words_that_change_change_the_list(client: FlaskClient, session: Session, buyer: User, seller: User) -> None:
    auth = token_header(buyer)
    names = homes(session, seller, brick="Кирпичный дом. Кухня 6 м", panel="Панельный дом. Кухня 10 м")
    run_everything(session)
    body = lead_body()

    def put(words: str, path: str | None) -> str:
        body["requirements"]["additional_requirements"] = words
        answer = client.put(path, json=body, headers=auth) if path else client.post("/leads", json=body, headers=auth)
        lead_id = int(answer.json["lead_id"])
        rescore.rescore_entity(session, Side.LEAD, lead_id)
        return f"/leads/{lead_id}"

    path = put("дом кирпичный", None)
    lead_id = int(path.rpartition("/")[2])
    assert order(listed(client, buyer, lead_id, names)) == ["brick", "panel"]
    put("кухня от 9", path)
    assert order(listed(client, buyer, lead_id, names)) == ["panel", "brick"]

    # When the kitchen is struck out, it has no effect: neither home contradicts a wish.
    body["wishes"] = [{"kind": "kitchen_area", "value": True, "source": "text", "quote": "кухня от 9", "struck": True}]
    put("кухня от 9", path)
    assert all(row["match_score"] > 50 for _, row in listed(client, buyer, lead_id, names))


def test_a_home_whose_words_change_moves_in_the_lists(
    client: FlaskClient, session: Session, buyer: User, seller: User
) -> None:
    names = homes(session, seller, one="Кухня 6 м", other="Кухня 9 м")
    lead = committed(session, make_lead(session, buyer, additional_requirements="кухня от 9", **UNREAD))
    run_everything(session)
    assert order(listed(client, buyer, lead.id, names)) == ["other", "one"]
    changed = next(iter(names))

    body = property_body() | {"description": "Кухня 12 м"}
    assert client.put(f"/properties/{changed}", json=body, headers=token_header(seller)).status_code == 200
    rescore.rescore_entity(session, Side.PROPERTY, changed)

    assert {row["match_score"] > 90 for _, row in listed(client, buyer, lead.id, names)} == {True}


def test_rows_of_an_older_grammar_are_read_again_and_what_was_struck_out_stays_so(
    client: FlaskClient, session: Session, buyer: User, seller: User
) -> None:
    names = homes(session, seller, large="Кухня 10 м", small="Кухня 6 м")
    lead = make_lead(session, buyer, additional_requirements="кухня от 9, дом кирпичный", **UNREAD)
    session.commit()
    run_everything(session)
    session.refresh(lead)
    struck = [dict(row, struck=row["kind"] == "material") for row in lead.wishes]
    # As an older grammar would have left it: the kitchen is not read on either side.
    older = {"grammar": GRAMMAR_VERSION - 1}
    session.execute(update(Lead).values(wishes=[row for row in struck if row["kind"] == "material"], **older))
    session.execute(update(Property).values(read_facts=[], **older))
    session.commit()

    run_everything(session)

    session.refresh(lead)
    assert {row["kind"]: row["struck"] for row in lead.wishes} == {"kitchen_area": False, "material": True}
    assert lead.grammar == GRAMMAR_VERSION
    rows = listed(client, buyer, lead.id, names)
    assert order(rows) == ["large", "small"]
    assert [wish["kind"] for wish in rows[0][1]["wishes"]] == ["kitchen_area"]


def test_origin_weighs_nothing(client: FlaskClient, session: Session, buyer: User, seller: User) -> None:
    names = homes(session, seller, one="Сдаётся только славянам", other="Светлая")
    plain, picky = (
        make_lead(session, buyer, additional_requirements=words, **UNREAD) for words in ("", "только славянам")
    )
    session.commit()
    run_everything(session)

    scores = [
        {name: row["match_score"] for name, row in listed(client, buyer, lead.id, names)} for lead in (plain, picky)
    ]

    assert scores[0] == scores[1]
    assert len(set(scores[1].values())) == 1
