"""Pages as the server renders them: forms with their errors, imports, words, errors."""

import ast
import gzip
import re
from pathlib import Path

from api.console.marketers import leadgen
from api.console.operators import ops
from api.console.tenants import tenants
from models.core.enums import NegotiationStatus
from models.deals.chats import open_chat, post_message
from models.deals.match_table import Match
from models.leadgen.campaigns import Campaign, CampaignStatus, create_campaign
from models.leadgen.earnings import niche_earnings, niche_totals
from models.leadgen.niches import create_niche, get_niche
from models.market.leads import Lead
from models.market.properties import Property
from tests.console.conftest import csrf_of, enter
from tests.console.page_rows import advertised

ROOT = Path(__file__).parent.parent.parent
LEAD_FORM = {
    "deal_type": "SALE",
    "client_name": "Пётр",
    "requirements.property_type": "APARTMENT",
    "requirements.location.city": "Москва",
    "requirements.location.districts": "Арбат, Хамовники",
    "requirements.rooms": ["2", "3"],
    "requirements.budget.min": "10 000 000",
    "requirements.budget.max": "15000000,50",
    "requirements.area.min": "50",
    "requirements.area.max": "70",
    "requirements.payment_method": "CASH",
    "requirements.property_class": "COMFORT",
    "requirements.condition": "FINISHING",
}


def test_a_form_makes_a_lead(client, town, db):
    csrf = enter(client, town.buyer)

    answer = client.post("/console/leads/new", data=LEAD_FORM | {"csrf": csrf})

    lead = db.get(Lead, int(re.search(r"/console/leads/(\d+)", answer.location)[1]))
    assert lead.districts == ["Арбат", "Хамовники"] and lead.rooms == [2, 3]
    assert (lead.budget_min, float(lead.budget_max)) == (10_000_000, 15_000_000.5)


def test_a_chat_that_the_list_has_no_room_for_opens_too(client, town, db, monkeypatch):
    monkeypatch.setattr(tenants, "PER_PAGE", 1)
    who = {"buyer_id": town.tenant.id, "seller_id": town.seller.id}
    old, new = (open_chat(db, town.tenant, property_id=found.id, **who)[0] for found in town.properties[:2])
    post_message(db, town.tenant, new.id, "Is it still free?")
    db.commit()
    enter(client, town.tenant)

    assert client.get(f"/console/chats/{old.id}").status_code == 200


def test_errors_are_beside_their_fields_and_nothing_is_stored(client, town, db):
    csrf = enter(client, town.buyer)
    before = db.query(Lead).count()

    answer = client.post(
        "/console/leads/new", data=LEAD_FORM | {"csrf": csrf, "requirements.budget.min": "много", "deal_type": ""}
    )

    assert answer.status_code == 400
    assert 'id="requirements-budget-min-error"' in answer.text and "Это не число: много." in answer.text
    assert 'value="много"' in answer.text, "what was typed is still there"
    assert db.query(Lead).count() == before


def test_editing_without_a_change_changes_nothing(client, town, db):
    csrf = enter(client, town.seller)
    found = town.properties[0]
    page = client.get(f"/console/properties/{found.id}/edit").text
    form = {"csrf": csrf}
    for name, value in re.findall(r'<input id="[^"]+" name="([^"]+)"[^>]* value="([^"]*)"', page):
        form[name] = value
    for name, options in re.findall(r'<select id="[^"]+" name="([^"]+)".*?>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="(\w*)" selected', options) or re.search(r'value="(\w*)"', options)
        form[name] = chosen[1]

    answer = client.post(f"/console/properties/{found.id}/edit", data=form)

    assert answer.status_code == 303, answer.text
    after = db.get(Property, found.id)
    names = ("price", "area", "rooms", "floor", "district", "street", "commission_share", "condition", "deal_type")
    for name in (*names, "address_precision"):
        assert getattr(after, name) == getattr(found, name), name


def test_a_list_is_filtered(client, town):
    enter(client, town.buyer)
    cards = {
        "": 3,
        "page=99&size=50": 3,  # the last page there is
        "score=50&rooms=2&q=арбат": 3,
        "score=100.5": 0,
        "price=1": 0,
        "rooms=6": 0,
        "q=nowhere": 0,
        "score=NaN&price=-1&rooms=²": 3,  # nonsense filters nothing
    }

    for query, count in cards.items():
        page = client.get(f"/console/leads/{town.lead.id}?{query}").text
        assert page.count('<article id="pair-') == count, query


def test_a_strangers_lead_is_not_there(client, town):
    csrf = enter(client, town.seller)

    for path in (f"/console/leads/{town.lead.id}", f"/console/leads/{town.lead.id}/edit"):
        assert client.get(path).status_code == 404
    assert client.post(f"/console/leads/{town.lead.id}/archive", data={"csrf": csrf}).status_code == 404


def test_a_like_from_both_sides_opens_contacts(app, town, db):
    buyer, seller = app.test_client(), app.test_client()
    pair = (town.lead.id, town.properties[0].id)
    first = enter(buyer, town.buyer)
    buyer.post("/console/leads/{}/properties/{}".format(*pair), data={"csrf": first, "action": "LIKE"})
    assert town.seller.phone not in buyer.get("/console/matches").text

    second = enter(seller, town.seller)
    seller.post("/console/properties/{1}/leads/{0}".format(*pair), data={"csrf": second, "action": "LIKE"})

    assert db.query(Match).one().negotiation_status is NegotiationStatus.AGREED
    assert town.seller.phone in buyer.get("/console/matches").text
    assert town.buyer.phone in seller.get("/console/matches").text


def test_the_charts_are_read_once_a_minute(app, client, town, monkeypatch):
    enter(client, town.admin)
    calls = []
    real = ops.market_state.exposure
    monkeypatch.setattr(ops.market_state, "exposure", lambda session: calls.append(1) or real(session))
    monkeypatch.setitem(app.extensions, "short_cache", {})  # without entries of other tests

    for _ in range(3):
        assert client.get("/console/quality").status_code == 200

    assert len(calls) == 1


def test_pages_and_files_are_sent_compressed_to_who_takes_it(client, town):
    enter(client, town.buyer)
    style = re.search(r'"(/console/static/[^"]+\.css)"', client.get("/console/leads").text)[1]
    for path in (f"/console/leads/{town.lead.id}", style):
        plain = client.get(path)
        packed = client.get(path, headers={"Accept-Encoding": "gzip"})

        refused = client.get(path, headers={"Accept-Encoding": "gzip;q=0"})

        assert "Content-Encoding" not in plain.headers and "Content-Encoding" not in refused.headers
        assert packed.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in packed.headers["Vary"]
        assert int(packed.headers["Content-Length"]) < len(plain.data) / 2
        assert len(gzip.decompress(packed.data)) == len(plain.data)


def test_no_two_pages_carry_the_same_token_and_all_of_them_serve(client, town):
    """A token that is the same on every page could be guessed from the lengths of compressed pages."""
    enter(client, town.buyer)
    tokens = {csrf_of(client.get("/console/leads").text) for _ in range(3)}

    assert len(tokens) == 3
    for token in tokens:
        assert client.post("/console/notifications/read", data={"csrf": token}).status_code == 303
        assert client.post("/console/notifications/read", data={"csrf": token[:-1] + "z"}).status_code == 403


def test_figures_of_many_niches_are_those_of_each(db, town):
    known = advertised(db)["niche"]
    empty = create_niche(db, {"name": "Пусто", "category": "none"}).id

    totals = niche_totals(db, [known, empty])

    assert totals == {each: niche_earnings(db, get_niche(db, each)).total for each in (known, empty)}
    assert totals[known].spend == 900 and totals[known].leads == 1


def test_all_campaigns_of_a_niche_can_be_reached(client, town, db, monkeypatch):
    monkeypatch.setattr(leadgen, "CAMPAIGNS", 1)
    known = advertised(db)
    newer = create_campaign(db, {"niche_id": known["niche"], "name": "Новая", "platform": "olx", "budget": 1}).id
    db.commit()
    enter(client, town.admin)

    pages = [client.get(f"/console/leadgen/{known['niche']}{query}").text for query in ("", "?part=1&page=3")]

    assert [[f"campaigns/{one}" in page for page in pages] for one in (newer, known["campaign"])] == [
        [True, False], [False, True]
    ]  # fmt: skip
    assert 'href="?page=2"' in pages[0] and 'href="?page=1"' in pages[1]


def test_an_impossible_status_gets_an_error_beside_its_field(client, town, db):
    csrf = enter(client, town.admin)
    campaign = db.get_one(Campaign, advertised(db)["campaign"])
    form = {"csrf": csrf, "name": "OLX", "budget": "7", "status": "active"}
    assert client.post(f"/console/leadgen/campaigns/{campaign.id}/edit", data=form).status_code == 303

    answer = client.post(f"/console/leadgen/campaigns/{campaign.id}/edit", data=form | {"status": "draft"})

    assert answer.status_code == 400 and 'id="status-error"' in answer.text
    assert "Состояние «идёт» нельзя сменить на «черновик»" in answer.text
    db.refresh(campaign)
    assert (campaign.status, campaign.budget) == (CampaignStatus.ACTIVE, 7)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_an_unknown_town_is_questioned_once_and_accepted_when_it_is_sent_again(client, town, db):
    csrf = enter(client, town.buyer)
    form = LEAD_FORM | {"csrf": csrf, "requirements.location.city": "Кировс"}

    first = client.post("/console/leads/new", data=form)
    kept = client.post("/console/leads/new", data=form | {"requirements.location.city.kept": "Кировс"})

    assert first.status_code == 400 and "Вы имели в виду" in first.text and '<option value="Кировск">' in first.text
    assert 'name="requirements.location.city.kept" value="Кировс"' in first.text
    lead = db.get(Lead, int(re.search(r"/console/leads/(\d+)", kept.location)[1]))
    assert lead.city_key == "name:кировс"


def test_several_towns_are_refused_beside_their_field(client, town):
    csrf = enter(client, town.buyer)

    answer = client.post(
        "/console/leads/new", data=LEAD_FORM | {"csrf": csrf, "requirements.location.city": "Москва, Казань"}
    )

    assert answer.status_code == 400 and "Названо несколько городов (Москва, Казань)" in answer.text


def test_a_form_suggests_the_towns_that_the_market_knows(client, town):
    enter(client, town.buyer)

    assert 'list="requirements-location-city-options"' in client.get("/console/leads/new").text
