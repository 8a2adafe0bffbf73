"""Reading recommendation lists over HTTP."""

import pytest
from sqlalchemy.orm import Session

from api.http import explanations
from api.http.services import services_of
from matching.facts.closeness import Closeness
from models.core.enums import DealType, Side
from models.ranking.closeness import ClosenessRow
from tests.factories import make_lead, make_property, make_user, token_header
from tests.statements import statements_on
from worker.lists import rescore


@pytest.fixture
def pair(new_worker_session):
    """A lead and two properties of two realtors, each in the other's list."""
    with new_worker_session() as session:
        buyer, seller = make_user(session, agency_name="Дом"), make_user(session)
        lead = make_lead(session, buyer)
        properties = [make_property(session, seller), make_property(session, seller, price=16_000_000)]
        session.commit()
        rescore.reconcile_market(session, ("geo:524901", DealType.SALE))
        session.commit()
    return buyer, seller, lead, properties


def test_the_criteria_of_a_score_add_up_to_it_from_both_sides(client, pair):
    buyer, seller, lead, properties = pair
    offers = client.get(f"/leads/{lead.id}/property-recommendations?explain=true", headers=token_header(buyer)).json
    assert len(offers["recommendations"]) == 2
    for entry, found in zip(offers["recommendations"], properties, strict=True):
        assert sum(share["points"] for share in entry["criteria"]) == pytest.approx(entry["match_score"], abs=0.01)
        [same] = client.get(
            f"/properties/{found.id}/lead-recommendations?explain=true", headers=token_header(seller)
        ).json["recommendations"]
        assert same["match_score"] == entry["match_score"]
        assert same["criteria"] == entry["criteria"]


def test_a_list_is_explained_only_on_request(client, pair):
    buyer, _, lead, _ = pair
    [first, _] = client.get(f"/leads/{lead.id}/property-recommendations", headers=token_header(buyer)).json[
        "recommendations"
    ]

    assert "criteria" not in first


def test_a_page_costs_the_same_few_queries_however_long_it_is(app, client, pair):
    buyer, _, lead, _ = pair
    with statements_on(services_of(app).engine) as statements:
        for limit in (1, 100):
            client.get(f"/leads/{lead.id}/property-recommendations?limit={limit}", headers=token_header(buyer))

    # One statement for the user, the ownership of the lead, and the page.
    assert len(statements) == 2, "\n".join(statements)


@pytest.mark.parametrize("side", Side)
def test_a_page_with_reasons_takes_three_more_queries_once_the_models_are_in_memory(app, client, pair, side):
    buyer, seller, lead, (home, _) = pair
    path, owner = f"/leads/{lead.id}/property-recommendations?explain=true", buyer
    if side is Side.PROPERTY:
        path, owner = f"/properties/{home.id}/lead-recommendations?explain=true", seller
    client.get(path, headers=token_header(owner))
    with statements_on(services_of(app).engine) as statements:
        entries = client.get(path, headers=token_header(owner)).json["recommendations"]

    assert entries
    # The page, the leads, the properties, and the models that their market's lists are computed with.
    assert len(statements) == 4, "\n".join(statements)


def test_a_list_with_actions_takes_one_query_as_well_from_its_second_page_on(app, client, pair):
    buyer, _, lead, (disliked, _) = pair
    path, headers = f"/leads/{lead.id}/property-recommendations", token_header(buyer)
    assert client.get(path, headers=headers).json["total"] == 2
    client.post(f"{path}/{disliked.id}/action", json={"action": "DISLIKE"}, headers=headers)
    first = client.get(path, headers=headers).json
    with statements_on(services_of(app).engine) as statements:
        again = client.get(path, headers=headers).json

    assert first == again
    assert again["total"] == 1
    assert len(statements) == 1, "\n".join(statements)


def test_contacts_are_hidden_until_the_match_shares_them(client, pair):
    buyer, seller, lead, (found, _) = pair
    path = f"/properties/{found.id}/lead-recommendations"
    [entry] = client.get(path, headers=token_header(seller)).json["recommendations"]
    assert entry["lead_data"]["client_contacts"] is None
    assert entry["lead_data"]["client_name"] == "Пётр"
    assert set(entry["realtor_info"]) == {"realtor_id", "name", "agency"}

    action = f"/leads/{lead.id}/property-recommendations/{found.id}/action"
    client.post(action, json={"action": "LIKE"}, headers=token_header(buyer))
    [match] = client.get(f"/properties/{found.id}/matches", headers=token_header(seller)).json["matches"]
    assert (match["lead"]["client_contacts"], match["realtor_info"]["phone"]) == (None, None)

    client.post(f"{path}/{lead.id}/action", json={"action": "LIKE"}, headers=token_header(seller))
    [match] = client.get(f"/properties/{found.id}/matches", headers=token_header(seller)).json["matches"]
    assert match["lead"]["client_contacts"] == "+77010000000"
    assert match["realtor_info"]["phone"] == buyer.phone
    assert match["realtor_info"]["telegram"] == buyer.telegram_id


def test_a_row_off_the_market_is_not_shown_even_before_the_list_is_recomputed(engine, client, pair):
    buyer, _, lead, (first, second) = pair
    with Session(engine) as session:
        session.get_one(type(first), first.id).status = "ARCHIVED"
        session.commit()
    page = client.get(f"/leads/{lead.id}/property-recommendations", headers=token_header(buyer)).json

    assert [entry["property_id"] for entry in page["recommendations"]] == [str(second.id)]
    assert page["total"] == 1


def test_a_pair_with_an_action_leaves_the_actors_list_and_stays_in_the_others(client, pair):
    buyer, seller, lead, (first, second) = pair
    client.post(
        f"/leads/{lead.id}/property-recommendations/{first.id}/action",
        json={"action": "DISLIKE"},
        headers=token_header(buyer),
    )
    mine = client.get(f"/leads/{lead.id}/property-recommendations", headers=token_header(buyer)).json
    theirs = client.get(f"/properties/{first.id}/lead-recommendations", headers=token_header(seller)).json

    assert [entry["property_id"] for entry in mine["recommendations"]] == [str(second.id)]
    assert [entry["lead_id"] for entry in theirs["recommendations"]] == [str(lead.id)]


def test_similar_units_of_a_building_share_an_entry_on_request(client, new_worker_session):
    with new_worker_session() as session:
        buyer, seller = make_user(session), make_user(session)
        lead = make_lead(session, buyer, rooms=[])
        best = make_property(session, seller, street="Плющиха", house_number="9")
        alike = [make_property(session, seller, street="плющиха", house_number="9", floor=9) for _ in range(3)]
        other_rooms = make_property(session, seller, street="Плющиха", house_number="9", rooms=3)
        dearer = make_property(session, seller, street="Плющиха", house_number="9", price=14_500_000)
        other_house = make_property(session, seller, street="Плющиха", house_number="10")
        session.commit()
        rescore.reconcile_market(session, ("geo:524901", DealType.SALE))
        session.commit()
    path, auth = f"/leads/{lead.id}/property-recommendations", token_header(buyer)

    plain = client.get(path, headers=auth).json
    found = client.get(f"{path}?grouped=true&explain=true", headers=auth).json

    assert plain["total"] == 7 and not any("alike" in entry for entry in plain["recommendations"])
    entries = {int(entry["property_id"]): entry["alike"] for entry in found["recommendations"]}
    assert entries == {
        best.id: [str(each.id) for each in alike],
        **{each.id: [] for each in (other_rooms, dearer, other_house)},
    }
    assert found["total"] == 4
    pages = [client.get(f"{path}?grouped=true&limit=3&page={page}", headers=auth).json for page in (1, 2, 3)]
    assert [len(page["recommendations"]) for page in pages] == [3, 1, 0]
    assert [page["total"] for page in pages] == [4, 4, 4]


def test_the_places_of_several_markets_stay_in_memory(session, monkeypatch):
    monkeypatch.setattr(explanations, "_kept_closeness", {})
    model = Closeness.empty().to_bytes()
    rows = [ClosenessRow(city_key=key, deal_type=DealType.SALE, model=model, properties=0) for key in ("a", "b")]
    session.add_all(rows)
    session.flush()
    read = [explanations._closeness(session, row.id) for row in rows]

    assert [explanations._closeness(session, row.id) is kept for row, kept in zip(rows, read, strict=True)] == [
        True,
        True,
    ]


class ReplacedAtOnce(dict):
    """A cache in which another request replaces each model as soon as it is stored."""

    def __setitem__(self, key, value):
        super().__setitem__(key, value)
        self.clear()


def test_a_model_that_another_request_replaces_at_the_same_moment_still_explains_the_page(client, pair, monkeypatch):
    buyer, _, lead, _ = pair
    for name in ("_kept_text_models", "_kept_closeness"):
        monkeypatch.setattr(explanations, name, ReplacedAtOnce())

    path = f"/leads/{lead.id}/property-recommendations?explain=true"

    assert client.get(path, headers=token_header(buyer)).status_code == 200
