"""The page of a home (photos, map, prices, views), for its owner and for users who have it in a list."""

import io
import re
from dataclasses import replace

import pytest
from PIL import Image
from playwright.sync_api import expect

from api.console.kit.undo_tokens import undo_of_photo
from api.http.services import services_of
from models.core.enums import ActionKind, Role, Side
from models.deals.home_views import view_and_like_counts
from models.deals.matches import act
from models.market.photos import MAX_PHOTOS
from models.market.properties import Property, archive_property
from tests.console.conftest import PASSWORD_HASH, csrf_of, enter
from tests.factories import make_property, make_user


def picture(colour: str = "red") -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "JPEG")
    out.seek(0)
    return out


@pytest.fixture
def home(town, db) -> Property:
    """A home of the seller with three photos."""
    found = db.get(Property, town.properties[0].id)
    found.photos = [f"/media/photo-{number}-0123456789.jpg" for number in "abc"]
    db.commit()
    return found


def stranger(db):
    user = make_user(db, role=Role.REALTOR, email="stranger@leadmatch.example", password_hash=PASSWORD_HASH)
    db.commit()
    return user


def test_an_owner_adds_photos_and_a_realtor_views_them_with_the_keyboard(visit, town, db, tmp_path):
    for name, colour in (("room.jpg", "white"), ("plan.jpg", "grey")):
        (tmp_path / name).write_bytes(picture(colour).read())
    (tmp_path / "notes.txt").write_text("not a picture")
    seller = visit(town.seller, f"/console/properties/{town.properties[0].id}", refused=(400, 404))
    seller.set_input_files("#new-photos", [tmp_path / name for name in ("room.jpg", "notes.txt", "plan.jpg")])
    expect(seller.locator("#new-photos-errors")).to_contain_text("notes.txt")
    expect(seller.locator(".photo-card")).to_have_count(2)
    seller.locator("#photo-2 select").select_option("plan")
    seller.locator("#photo-2").get_by_role("button", name="Save").click()
    seller.locator("#photo-2").get_by_role("button", name="Make cover").click()
    expect(seller.locator("#photo-1 select")).to_have_value("plan")
    seller.locator("#photo-2").get_by_role("button", name="Remove photo").click()
    expect(seller.locator(".photo-card")).to_have_count(1)
    seller.get_by_role("button", name="Undo").click()
    expect(seller.locator(".photo-card")).to_have_count(2)

    buyer = visit(town.buyer, f"/console/leads/{town.lead.id}", refused=(400, 404))
    buyer.locator(f"#pair-{town.properties[0].id} h3 a").click()
    expect(buyer.get_by_role("heading", level=1)).to_be_visible()
    expect(buyer.locator(".gallery-strip .kind")).to_have_text("Floor plan")
    buyer.locator(".gallery-strip a").first.press("Enter")
    expect(buyer.locator("dialog img")).to_have_attribute("alt", "Floor plan")
    buyer.keyboard.press("ArrowRight")
    expect(buyer.locator("dialog img")).to_have_attribute("alt", "Photo 2")
    buyer.keyboard.press("Escape")
    expect(buyer.locator("dialog")).not_to_be_visible()
    buyer.get_by_role("button", name="Like").click()
    expect(buyer.get_by_text("Liked.")).to_be_visible()

    seller.goto(f"/console/properties/{town.properties[0].id}")
    seen = seller.locator("section", has=seller.get_by_role("heading", name="Who views it"))
    expect(seen).to_contain_text(re.compile(r"Realtors who looked\s*1"))
    expect(seen).to_contain_text(re.compile(r"Realtors’ likes\s*1"))


def test_only_users_who_have_met_a_home_see_its_page(app, client, town, home, db):
    path = f"/console/homes/{home.id}"
    enter(client, town.buyer)
    assert client.get(f"{path}?lead={town.lead.id}").status_code == 200
    assert client.get(f"{path}?lead=999999").status_code == 200, "another's lead is none"
    assert client.get("/console/homes/999999999").status_code == 404
    act(db, town.buyer, Side.LEAD, lead_id=town.lead.id, property_id=home.id, kind=ActionKind.LIKE)
    other = db.get(Property, town.properties[1].id)
    for found in (home, other):
        archive_property(db, db.get(Property, found.id))
    db.commit()
    assert client.get(path).status_code == 200, "liked: it stays to be seen once it is off the market"
    assert client.get(f"/console/homes/{other.id}").status_code == 404, "only listed, and off the market"

    away = app.test_client()
    enter(away, stranger(db))
    assert away.get(path).status_code == 404
    owner = app.test_client()
    enter(owner, town.seller)
    assert owner.get(path).location.endswith(f"/console/properties/{home.id}")


def test_before_an_agreement_the_page_shows_neither_the_owners_contacts_nor_the_advert(client, town, home, db):
    home.attributes = {"url": "https://example.com/advert"}
    town.seller.phone, town.seller.telegram_username = "+77019998877", "seller_tg"
    db.merge(town.seller)
    db.commit()
    enter(client, town.buyer)

    page = client.get(f"/console/homes/{home.id}").text

    for secret in ("9998877", "seller_tg", "example.com/advert", town.seller.email):
        assert secret not in page


def test_views_are_counted_once_a_person_and_never_for_the_owner(app, client, town, home, db):
    enter(client, town.buyer)
    for _ in range(3):
        client.get(f"/console/homes/{home.id}")
    owner = app.test_client()
    enter(owner, town.seller)
    owner.get(f"/console/homes/{home.id}")

    interest = view_and_like_counts(db, home)

    assert (interest.viewers, interest.views) == (1, 3)


@pytest.mark.parametrize(
    ("photo", "do", "after", "kinds"),
    [
        ("c", "cover", "cab", {}),
        ("b", "earlier", "bac", {}),
        ("a", "earlier", "abc", {}),
        ("b", "later", "acb", {}),
        ("c", "later", "abc", {}),
        ("b", "remove", "ac", {}),
        ("b", "plan", "abc", {"b": "plan"}),
        ("a", "photo", "abc", {}),
    ],
)
def test_a_photo_is_moved_named_and_removed(client, town, home, db, photo, do, after, kinds):
    csrf = enter(client, town.seller)
    form = {"csrf": csrf, "photo": f"/media/photo-{photo}-0123456789.jpg", "do": do}

    assert client.post(f"/console/properties/{home.id}/photos/change", data=form).status_code == 303

    db.refresh(home)
    assert "".join(link[13] for link in home.photos) == after
    assert {link[13]: kind for link, kind in home.photo_kinds.items()} == kinds


def test_photos_of_others_are_out_of_reach(client, town, home, db):
    csrf = enter(client, town.buyer)
    base = f"/console/properties/{home.id}/photos"
    before = list(home.photos)

    assert client.get(base).status_code == 404
    assert client.post(base, data={"csrf": csrf, "photos": (picture(), "a.jpg")}).status_code == 404
    form = {"csrf": csrf, "photo": before[0], "do": "remove"}
    assert client.post(f"{base}/change", data=form).status_code == 404
    what = undo_of_photo(home.id, 0, "photo", "/media/another-0123456789.jpg")
    assert client.post("/console/undo", data={"csrf": csrf, "what": what}).status_code == 404
    db.refresh(home)
    assert home.photos == before


def test_a_file_that_is_not_a_picture_is_reported_by_its_name_and_the_others_are_kept(client, town, home, db):
    csrf = enter(client, town.seller)
    base = f"/console/properties/{home.id}/photos"
    files = [(picture(), "good.jpg"), (io.BytesIO(b"text"), "bad<b>.txt"), (io.BytesIO(b""), "empty.png")]

    page = client.post(base, data={"csrf": csrf, "photos": files})

    assert page.status_code == 200
    assert "bad&lt;b&gt;.txt" in page.text and "empty.png" in page.text and "good.jpg" not in page.text
    db.refresh(home)
    assert len(home.photos) == 4 and client.get(home.photos[3]).mimetype == "image/jpeg"
    assert client.post(base, data={"csrf": csrf}).status_code == 400
    wrong = {"csrf": csrf, "photo": home.photos[0], "do": "burn"}
    assert client.post(f"{base}/change", data=wrong).status_code == 400
    home.photos = [f"/media/{number:020}.jpg" for number in range(MAX_PHOTOS)]
    db.commit()
    full = client.post(base, data={"csrf": csrf, "photos": (picture(), "more.jpg")})
    assert full.status_code == 400 and "more.jpg" in full.text
    db.refresh(home)
    assert len(home.photos) == MAX_PHOTOS


def test_each_invalid_address_of_a_photo_is_reported_beside_the_field(client, town, home):
    enter(client, town.seller)
    path = f"/console/properties/{home.id}/edit"
    csrf = csrf_of(client.get(path).text)
    photos = "https://example.com/a.jpg\nC:\\photos\\b.jpg\n\nhttp://example.com/c.jpg"
    form = {"csrf": csrf, "address.city": "Москва", "details.price": "1 млн", "photos": photos}

    page = client.post(path, data=form)

    assert page.status_code == 400
    errors = re.search(r'id="photos-error">([^<]*)<', page.text)[1].split("\n")
    assert [line.partition(" — ")[0] for line in errors] == ["C:\\photos\\b.jpg", "http://example.com/c.jpg"]
    assert "https" in errors[1]


def test_the_neighbouring_districts_are_drawn_where_no_tiles_are_set(app, client, town, home, db):
    app.extensions.pop("short_cache", None)
    home.latitude, home.longitude = 55.75, 37.59
    for index, (name, latitude) in enumerate((("Хамовники", 55.73), ("Хамовники", 55.731), ("Пресненский", 55.76))):
        for twin in range(2):
            where = {"latitude": latitude, "longitude": 37.58}
            make_property(db, town.seller, district=name, house_number=f"{index}{twin}", **where)
    db.commit()
    enter(client, town.buyer)

    page = client.get(f"/console/homes/{home.id}").text

    drawing = re.search(r'<svg class="home-map".*?</svg>', page, re.S)[0]
    assert "Хамовники" in drawing and "Пресненский" in drawing and 'class="here"' in drawing
    north, south = (
        float(re.search(rf'cy="([\d.]+)" r="12"><title>{name}', drawing)[1]) for name in ("Пресненский", "Хамовники")
    )
    assert north < south


@pytest.mark.parametrize(
    ("fetched", "policy"),
    [(True, "img-src 'self' https://tiles.example;"), (False, "img-src 'self' https: data:;")],
)
def test_tiles_come_from_the_one_server_that_the_setting_names(app, client, town, home, db, fetched, policy):
    served = services_of(app)
    tiles = "https://tiles.example/{z}/{x}/{y}.png"
    served.settings = replace(served.settings, map_tiles_url=tiles, fetch_photos=fetched)
    home.latitude, home.longitude = 55.75, 37.59
    db.commit()
    enter(client, town.buyer)

    answer = client.get(f"/console/homes/{home.id}")

    assert policy in answer.headers["Content-Security-Policy"]
    assert 'href="https://tiles.example/15/' in answer.text
    assert "OpenStreetMap" in answer.text


def test_a_changed_price_is_in_a_chart_and_in_a_table(client, town, home, db):
    enter(client, town.buyer)
    assert 'class="chart"' not in client.get(f"/console/homes/{home.id}").text
    home.price = 10_000_000
    db.commit()

    page = client.get(f"/console/homes/{home.id}", headers={"Accept-Language": "en"}).text

    assert 'class="chart"' in page
    assert re.search(r"−20%", page)
