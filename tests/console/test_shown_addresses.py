"""How much of an address strangers see on each page: the default there, or the owner's choice."""

import io
import re
from dataclasses import replace

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from api.http.services import services_of
from models.core.base import database_now
from models.core.enums import ActionKind, AddressPrecision, Side
from models.deals.match_table import Match
from models.deals.matches import act
from models.deals.selections import SelectedHome, create_selection
from models.market.properties import Property
from tests.console.conftest import enter
from tests.factories import make_property, token_header

EXACT, STREET, DISTRICT = AddressPrecision.EXACT, AddressPrecision.STREET, AddressPrecision.DISTRICT
ROAD, HOUSE = "Сивцев Вражек", "44к3"
RUSSIAN = {"Accept-Language": "ru"}


@pytest.fixture
def choose(town, db):
    """``choose(precision)`` creates a home on the market with this choice of its owner and returns its id."""

    def chosen(precision: AddressPrecision | None) -> int:
        for twin in town.properties[1:]:
            db.delete(db.get(Property, twin.id))
        home = db.get(Property, town.properties[0].id)
        home.street, home.house_number, home.address_precision = ROAD, HOUSE, precision
        home.latitude, home.longitude = 55.745, 37.591
        db.commit()
        return home.id

    return chosen


def seen(text: str) -> AddressPrecision:
    return EXACT if HOUSE in text else STREET if ROAD in text else DISTRICT


def public(client, town, db, home_id):
    return client.get("/homes", headers=RUSSIAN).text + client.get(f"/homes/{home_id}", headers=RUSSIAN).text


def feed_card(client, town, db, home_id):
    token = enter(client, town.tenant)
    wanted = {"deal_type": "sale", "city": "Москва", "property_type": "flat", "price_max": "13 млн", "rooms": "2"}
    client.post("/console/preferences", data={"csrf": token} | wanted)
    return client.get("/console/feed", headers=RUSSIAN).text


def selection(client, town, db, home_id):
    made = create_selection(db, town.buyer, town.lead.id, [SelectedHome(home_id, "")], words="", days=30)
    db.commit()
    page = client.get(f"/s/{made.token}", headers=RUSSIAN).text
    pdf = client.get(f"/s/{made.token}/pdf", headers=RUSSIAN).data
    printed = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert seen(printed) is seen(page)
    return page


def realtor_list(client, town, db, home_id):
    enter(client, town.buyer)
    return client.get(f"/console/leads/{town.lead.id}", headers=RUSSIAN).text


def realtor_home(client, town, db, home_id):
    enter(client, town.buyer)
    return client.get(f"/console/homes/{home_id}", headers=RUSSIAN).text


def downloaded(client, town, db, home_id):
    answer = client.get(f"/exports/leads/{town.lead.id}/recommendations", headers=token_header(town.buyer))
    assert ("55.745" in answer.text) is (HOUSE in answer.text)
    return answer.text


def match_page(client, town, db, home_id):
    act(db, town.seller, Side.PROPERTY, lead_id=town.lead.id, property_id=home_id, kind=ActionKind.LIKE)
    db.commit()
    enter(client, town.buyer)
    found = db.scalars(select(Match)).one()
    return client.get(f"/console/matches/{found.id}", headers=RUSSIAN).text


def feed_for_portals(client, town, db, home_id):
    address = client.post("/outgoing-feed", headers=token_header(town.seller)).json["address"]
    text = client.get("/outgoing-feeds/" + address.rpartition("/")[2]).text
    assert ("<latitude>" in text) is (HOUSE in text)
    return text


#: Page or file -> its default precision.
SURFACES = {
    public: STREET,
    feed_card: STREET,
    selection: STREET,
    realtor_list: EXACT,
    realtor_home: EXACT,
    downloaded: EXACT,
    match_page: EXACT,
    feed_for_portals: EXACT,
}


@pytest.mark.parametrize("precision", [None, *AddressPrecision])
def test_each_surface_shows_what_is_usual_or_what_the_owner_chose(app, town, db, choose, precision):
    home_id = choose(precision)

    shown = {surface.__name__: seen(surface(app.test_client(), town, db, home_id)) for surface in SURFACES}

    assert shown == {surface.__name__: precision or usual for surface, usual in SURFACES.items()}


def test_an_owner_and_whom_contacts_are_shared_with_see_the_house(client, town, db, choose):
    home_id = choose(DISTRICT)
    for owner, side in ((town.buyer, Side.LEAD), (town.seller, Side.PROPERTY)):
        act(db, owner, side, lead_id=town.lead.id, property_id=home_id, kind=ActionKind.LIKE)
    db.commit()
    match = db.scalars(select(Match)).one()
    assert match.contact_shared_at is not None and match.contact_shared_at <= database_now(db)

    enter(client, town.buyer)
    for path in (f"/console/matches/{match.id}", "/console/matches", f"/console/homes/{home_id}"):
        assert HOUSE in client.get(path).text, path
    enter(client, town.seller)
    assert HOUSE in client.get(f"/console/properties/{home_id}").text


def test_the_form_sets_the_choice_and_takes_it_back(client, town, db, choose):
    home_id = choose(None)
    token = enter(client, town.seller)
    path = f"/console/properties/{home_id}/edit"
    form = {"csrf": token, "address.city": "Москва", "address.street": ROAD, "details.price": "12500000",
            "deal_type": "SALE", "details.property_type": "APARTMENT"}  # fmt: skip
    for chosen in ("STREET", ""):
        assert client.post(path, data=form | {"address_precision": chosen}).status_code == 303
        db.expire_all()
        assert (db.get(Property, home_id).address_precision or "") == chosen


def test_a_replacement_that_does_not_name_the_choice_leaves_it(client, town, db, choose):
    home_id, token = choose(DISTRICT), token_header(town.seller)
    body = client.get(f"/properties/{home_id}", headers=token).json
    assert body.pop("address_precision") == "DISTRICT"

    assert client.put(f"/properties/{home_id}", json=body, headers=token).json["address_precision"] == "DISTRICT"
    body["address_precision"] = None
    assert client.put(f"/properties/{home_id}", json=body, headers=token).json["address_precision"] is None


def test_the_contract_gives_realtors_programs_the_whole_address(client, town, choose):
    choose(DISTRICT)
    path = f"/leads/{town.lead.id}/property-recommendations"
    [row] = client.get(path, headers=token_header(town.buyer)).json["recommendations"]

    assert row["property_data"]["address"]["house_number"] == HOUSE


def test_units_whose_house_is_hidden_share_no_card_with_their_neighbours(client, town, db):
    hidden = db.get(Property, town.properties[0].id)
    for each in town.properties:
        found = db.get(Property, each.id)
        found.street, found.house_number = ROAD, HOUSE
    hidden.address_precision = STREET
    db.commit()
    enter(client, town.buyer)
    page = client.get(f"/console/leads/{town.lead.id}").text

    assert page.count("<article ") == 2


@pytest.fixture
def neighbours(app, town, db):
    """The district has homes, and so do three around it."""
    app.extensions.pop("short_cache", None)
    for index, (name, latitude) in enumerate(
        (("Арбат", 55.75), ("Хамовники", 55.73), ("Пресненский", 55.76), ("Якиманка", 55.735))
    ):
        for twin in range(2):
            where = {"latitude": latitude, "longitude": 37.58}
            make_property(db, town.seller, district=name, house_number=f"{index}{twin}", **where)
    db.commit()


def map_on(page: str) -> str:
    return re.search(r'<svg class="home-map".*?</svg>', page, re.DOTALL)[0]


@pytest.mark.parametrize(("precision", "sign"), [(None, "about"), (EXACT, "here"), (STREET, "about"), (DISTRICT, None)])
def test_the_public_map_is_a_scheme_as_exact_as_the_address(client, choose, neighbours, precision, sign):
    drawing = map_on(client.get(f"/homes/{choose(precision)}").text)

    assert "Хамовники" in drawing and "Пресненский" in drawing and "http" not in drawing
    assert [each for each in ("about", "here") if f'class="{each}"' in drawing] == ([sign] if sign else [])


def test_two_homes_of_one_square_have_one_map(client, choose, neighbours, db):
    home_id = choose(None)
    before = map_on(client.get(f"/homes/{home_id}").text)
    db.get(Property, home_id).latitude = 55.742  # as 55.745 in the square of 55.740 to 55.746
    db.commit()

    assert map_on(client.get(f"/homes/{home_id}").text) == before


@pytest.mark.parametrize(("precision", "has_tiles"), [(EXACT, True), (None, True), (DISTRICT, False)])
def test_map_tiles_are_requested_only_if_configured_and_never_around_a_hidden_street(
    app, client, choose, neighbours, precision, has_tiles
):
    home_id = choose(precision)
    assert "tiles.example" not in client.get(f"/homes/{home_id}").text
    served = services_of(app)
    served.settings = replace(served.settings, map_tiles_url="https://tiles.example/{z}/{x}/{y}.png", fetch_photos=True)

    answer = client.get(f"/homes/{home_id}")

    assert ("https://tiles.example/15/" in answer.text) is has_tiles
    assert "img-src 'self' https://tiles.example;" in answer.headers["Content-Security-Policy"]
