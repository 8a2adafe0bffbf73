"""The counts for a lead are those of its list if the lead were changed in that way and scored again."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select, text

from matching.reading.cut_words import without_words
from matching.reading.json_rows import wish_rows
from models.core.enums import ActionKind, DealType, PaymentMethod, Side, Status
from models.deals.matches import act
from models.deals.recommendation_pages import recommended_page
from models.market.advert_groups import AdvertGroup
from models.market.leads import Lead, archive_lead, replace_lead
from models.market.readings import merged_wishes
from models.ranking.recommendations import LIST_LENGTH
from models.ranking.relaxations import USEFUL_SCORE, LeadRelaxations, relaxations_of
from tests.factories import make_lead, make_property, make_user
from worker.lists import rescore
from worker.lists.relaxations import count_relaxations

MOSCOW = ("geo:524901", DealType.SALE)
WORDS = "кирпичный дом, обязательно балкон, тихий двор"


@pytest.fixture
def market(new_worker_session):
    """(session, lead, seller): a lead with limits and wishes, and thirty homes around them."""
    with new_worker_session() as session:
        buyer, seller = make_user(session), make_user(session)
        lead = make_lead(
            session,
            buyer,
            budget_min=Decimal(9_000_000),
            budget_max=Decimal(15_000_000),
            rooms=[2],
            additional_requirements=WORDS,
            wishes=merged_wishes([], wish_rows(WORDS)),
            payment_method=PaymentMethod.MORTGAGE,
        )
        for number in range(30):
            make_property(
                session,
                seller,
                price=Decimal(8_000_000 + 350_000 * number),
                rooms=2 + (number % 3 == 2),
                area=45 + number,
                house_number=str(number),
                district=("Хамовники" if number % 7 == 3 else "Арбат"),
                facts={"balcony": number % 4 != 0, "mortgage": number % 5 != 0, "building_material": "brick"},
            )
        session.commit()
        rescore.reconcile_market(session, MOSCOW)
        session.commit()
        yield session, lead, seller


def useful(session, lead):
    """The useful homes of the lead's list, which the page of the list shows with 90 and more."""
    page = recommended_page(session, Side.LEAD, lead.id, page=1, limit=LIST_LENGTH)
    entries = [entry for entry in page.entries if entry.match_score >= USEFUL_SCORE]
    return {entry.group.id if entry.group else entry.row.id for entry in entries}


def edited(lead, row):
    """The columns of the lead with the proposed change."""
    columns = {"price_max": "budget_max", "price_min": "budget_min", "metros": "metro_stations"}
    if row["name"] != "words":
        return {columns.get(name, name): list(v) if isinstance(v, list) else v for name, v in row["changes"].items()}
    cut = without_words(lead.additional_requirements, row["changes"]["start"], row["changes"]["end"])
    return {"additional_requirements": cut, "wishes": merged_wishes(lead.wishes, wish_rows(cut))}


def counted(session, lead):
    assert count_relaxations(session, lead.id)
    return session.get(LeadRelaxations, lead.id, populate_existing=True)


def test_each_count_is_what_the_list_gains_once_the_lead_is_edited_so_and_rescored(market):
    session, lead, _ = market
    now = useful(session, lead)
    rows = counted(session, lead).rows
    was = {column.key: getattr(lead, column.key) for column in Lead.__table__.columns}
    assert len([row for row in rows if row["homes"]]) >= 4

    for row in rows:
        columns = edited(lead, row)
        session.execute(Lead.__table__.update().where(Lead.id == lead.id).values(**columns))
        session.commit()
        rescore.rescore_entity(session, Side.LEAD, lead.id)
        session.expire_all()
        assert len(useful(session, lead) - now) == row["homes"], row
        session.execute(Lead.__table__.update().where(Lead.id == lead.id).values({n: was[n] for n in columns}))
        session.commit()


def test_the_homes_that_are_useful_now_are_counted_as_the_list_shows_them(market):
    session, lead, _ = market
    assert counted(session, lead).useful == len(useful(session, lead)) > 0


def test_a_must_and_each_wish_are_listed_with_the_requirement_that_would_be_dropped(market):
    session, lead, _ = market
    words = {tuple(w["kind"] for w in row["wishes"]): row for row in counted(session, lead).rows if row["wishes"]}

    assert words["balcony",]["name"] == "words" and words["balcony",]["wishes"][0]["strength"] == "must"
    assert words["balcony",]["homes"] > 0
    assert words["mortgage",]["name"] == "payment_method"


def test_dismissed_homes_are_not_counted_and_adverts_of_one_home_count_once(market):
    session, lead, _ = market
    ceiling = lambda: next(row["homes"] for row in counted(session, lead).rows if row["name"] == "rooms_more")
    before, now = ceiling(), useful(session, lead)
    session.execute(Lead.__table__.update().where(Lead.id == lead.id).values(rooms=[2, 3]))
    session.commit()
    rescore.rescore_entity(session, Side.LEAD, lead.id)
    first, second, *_ = sorted(useful(session, lead) - now)
    session.execute(Lead.__table__.update().where(Lead.id == lead.id).values(rooms=[2]))
    session.add_all(AdvertGroup(property_id=each, group_id=first) for each in (first, second))
    session.commit()
    assert ceiling() == before - 1

    act(session, lead.owner, Side.LEAD, lead_id=lead.id, property_id=first, kind=ActionKind.DISLIKE)
    session.commit()
    assert ceiling() == before - 2


def test_counts_are_of_one_version_of_the_lead_and_go_with_it(market):
    session, lead, _ = market
    counted(session, lead)
    assert relaxations_of(session, lead) is not None
    replace_lead(session, lead, {"city": "Москва", "budget_max": Decimal(20_000_000)})
    session.commit()
    session.refresh(lead)
    assert relaxations_of(session, lead) is None

    session.execute(text("DELETE FROM leads WHERE id = :id"), {"id": lead.id})
    assert session.scalar(select(func.count()).select_from(LeadRelaxations)) == 0


def test_a_lead_off_the_market_is_not_counted_for(market):
    session, lead, _ = market
    archive_lead(session, lead)
    session.commit()
    rescore.rescore_entity(session, Side.LEAD, lead.id)
    assert lead.status is Status.ARCHIVED
    assert count_relaxations(session, lead.id) is False
    assert count_relaxations(session, 10**15) is False


def test_counting_leaves_every_list_and_the_next_changes_right(market):
    session, lead, seller = market
    other = make_property(session, seller, price=Decimal(12_000_000), rooms=2, house_number="77")
    session.commit()
    counted(session, lead)  # with a home that has no list yet
    rescore.rescore_entity(session, Side.PROPERTY, other.id)
    stored = session.execute(text("SELECT lead_id, property_ids, scores FROM lead_recommendations")).all()
    assert other.id in stored[0].property_ids

    rescore.rebuild_market(session, MOSCOW)
    session.commit()
    assert session.execute(text("SELECT lead_id, property_ids, scores FROM lead_recommendations")).all() == stored
