"""The relaxations of a lead: counts on its page, and a link to the form with that one requirement changed."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from models.core.enums import DealType
from models.market.leads import Lead, archive_lead
from models.market.properties import Property
from models.ranking.relaxations import LeadRelaxations
from tests.console.conftest import FASTER_POLLING, csrf_of, enter
from tests.factories import make_property
from worker.lists import rescore
from worker.lists.relaxations import count_relaxations

WORDS = "обязательно балкон, кирпичный дом"


@pytest.fixture
def lead(town, new_worker_session):
    """The buyer's lead, with wishes, and homes that each break one of its limits."""
    with new_worker_session() as session:
        lead = session.get(Lead, town.lead.id)
        lead.additional_requirements, lead.wishes, lead.grammar = WORDS, [], None
        seller = town.seller
        facts = {"balcony": True, "building_material": "brick"}
        for number, fields in enumerate(
            (
                {},
                {"price": Decimal(17_300_000)},
                {"price": Decimal(17_400_000)},
                {"rooms": 3},
                {"facts": facts | {"balcony": False}},
            )
        ):
            make_property(session, seller, house_number=f"{50 + number}", **({"facts": facts} | fields))
        for each in session.scalars(select(Property).where(Property.house_number.in_(["0", "1", "2"]))):
            session.delete(each)
        session.commit()
        rescore.rebuild_market(session, ("geo:524901", DealType.SALE))
        session.commit()
    return town.lead.id


def count(new_worker_session, lead_id):
    with new_worker_session() as session:
        assert count_relaxations(session, lead_id)


def test_a_realtor_sees_what_is_in_the_way_and_raises_the_budget(visit, town, lead, db, new_worker_session):
    page = visit(town.buyer, f"/console/leads/{lead}", before=FASTER_POLLING)
    page.get_by_role("link", name="What stands in the way").click()
    expect(page.get_by_role("heading", name="Being counted")).to_be_visible()

    count(new_worker_session, lead)

    budget = page.locator(".row", has_text="Budget up to")  # without a reload
    expect(budget).to_contain_text("+ 2 homes")
    expect(page.locator(".row", has_text="Rooms: 2, 3")).to_contain_text("+ 1 home")
    expect(page.locator(".row", has_text="Without the wish")).to_contain_text("+ 1 home")
    budget.get_by_role("link", name="Edit").click()
    field = page.get_by_label("Budget to")
    expect(field).to_have_value("16\xa0500\xa0000")
    expect(page.get_by_text("Proposed; the saved value is 15 000 000")).to_be_visible()
    assert db.scalar(select(Lead.budget_max).where(Lead.id == lead)) == 15_000_000  # until it is saved

    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Properties, best first")).to_be_visible()
    db.expire_all()
    assert db.scalar(select(Lead.budget_max).where(Lead.id == lead)) == 16_500_000
    page.get_by_role("link", name="What stands in the way").click()
    expect(page.get_by_role("heading", name="Being counted")).to_be_visible()
    count(new_worker_session, lead)
    expect(page.get_by_text("say (score 90 or more): 3 homes")).to_be_visible()


def test_a_wish_is_dropped_by_its_words_alone(client, town, lead, db, new_worker_session):
    csrf = enter(client, town.buyer)
    count(new_worker_session, lead)
    rows = db.get(LeadRelaxations, lead).rows
    [balcony] = [row for row in rows if [wish["kind"] for wish in row["wishes"]] == ["balcony"]]
    key = f"words-{balcony['changes']['start']}-{balcony['changes']['end']}"

    form = client.get(f"/console/leads/{lead}/edit?relax={key}").text

    assert ">обязательно кирпичный дом</textarea>" in form  # what is stated over the list stays
    assert db.scalar(select(Lead.additional_requirements).where(Lead.id == lead)) == WORDS
    assert csrf


def test_a_proposal_for_an_earlier_version_changes_nothing_in_the_form(client, town, lead, db, new_worker_session):
    enter(client, town.buyer)
    count(new_worker_session, lead)
    path = f"/console/leads/{lead}/edit?relax=price_max"
    assert 'value="16\xa0500\xa0000"' in client.get(path).text
    db.execute(Lead.__table__.update().where(Lead.id == lead).values(budget_max=14_000_000))
    db.commit()

    assert 'value="14\xa0000\xa0000"' in client.get(path).text
    assert 'value="14\xa0000\xa0000"' in client.get(f"/console/leads/{lead}/edit?relax=nonsense").text


def test_opening_the_page_requests_counts_until_they_are_there_and_fresh(
    client, town, lead, app, new_worker_session, monkeypatch
):
    from worker.queue.client import Client

    requested = []
    monkeypatch.setattr(Client, "relaxations_wanted", lambda _self, lead_id: requested.append(lead_id) or True)
    enter(client, town.buyer)
    path = f"/console/leads/{lead}/relaxations"

    client.get(path)
    assert client.get(f"{path}/state").json["follows"] is True
    client.get(f"{path}?part=1")
    assert requested == [lead]
    count(new_worker_session, lead)
    page = client.get(path).text
    assert requested == [lead] and "Считаем" not in page
    assert client.get(f"{path}/state").json["follows"] is False


def test_an_archived_lead_is_not_counted_for(client, town, lead, db):
    enter(client, town.buyer)
    archive_lead(db, db.get(Lead, lead))
    db.commit()

    assert "только для лидов на рынке" in client.get(f"/console/leads/{lead}/relaxations").text


def test_relaxations_of_another_users_lead_are_not_shown(client, town, lead):
    csrf = csrf_of(client.get("/console/sign-in").text)
    assert csrf
    enter(client, town.seller)
    for path in ("", "/state"):
        assert client.get(f"/console/leads/{lead}/relaxations{path}").status_code == 404


def test_a_relaxation_of_two_wishes_at_once_is_named_once(client, town, lead, db, new_worker_session):
    """Without «не первый» or without «не последний» the rest reads as neither."""
    db.get(Lead, lead).additional_requirements = "не первый и не последний этаж"
    db.commit()
    count(new_worker_session, lead)
    enter(client, town.buyer)

    page = client.get(f"/console/leads/{lead}/relaxations", headers={"Accept-Language": "en"}).text

    assert page.count("Without the wish: not the first floor, not the top floor") == 1
