"""The public search and a home's page, as visitors and search engines read them."""

import json
import re
from xml.etree import ElementTree

import pytest

from models.accounts.users import User
from models.market.advert_groups import AdvertGroup
from models.market.properties import Property, archive_property
from tests.console.conftest import enter
from tests.statements import statements_on

LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


def data_of(page: str) -> dict:
    """The page's structured data for search engines."""
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])


def meta(page: str, name: str) -> str:
    return re.search(rf'<(?:meta|link) (?:name|property|rel)="{name}" (?:content|href)="([^"]*)"', page)[1]


def addresses(answer) -> list[str]:
    assert answer.mimetype == "application/xml"
    return [each.text for each in ElementTree.fromstring(answer.data).iter(LOC)]


@pytest.fixture
def home(town, db) -> Property:
    found = db.get(Property, town.properties[0].id)
    found.description = "Тихий двор </script><script>alert(1)</script>. Звоните 8 916 123-45-67, пишите @seller_k"
    found.photos = ["https://photos.example/1.jpg", "http://photos.example/2.jpg"]
    db.commit()
    return found


def test_anybody_finds_homes_and_reads_their_pages(client, home, town):
    page = client.get("/homes?town=москва&deal=sale&price_to=12,5 млн&q=дворы&rooms=2").text
    assert f'href="/homes/{home.id}"' in page

    page = client.get(f"/homes/{home.id}").text
    assert "12\u00a0500\u00a0000" in page and "Тихий двор &lt;/script&gt;" in page


def test_a_page_reveals_neither_the_house_nor_contacts_nor_the_owner(client, home, town, db):
    owner = db.get(User, town.seller.id)
    for path in ("/homes", f"/homes/{home.id}"):
        page = client.get(path).text
        for secret in (
            "916 123",
            "123-45-67",
            "seller_k",
            "Арбат, 7",
            owner.phone,
            owner.email,
            owner.name,
            "alert(1)</script>",
        ):
            assert secret not in page, (path, secret)


def test_a_page_has_structured_data_for_search_engines(client, home):
    page = client.get(f"/homes/{home.id}").text
    data = data_of(page)

    assert data["@type"] == "RealEstateListing" and data["about"]["@type"] == "Apartment"
    assert data["offers"]["price"] == "12500000.00" and data["offers"]["priceCurrency"] == "RUB"
    assert data["image"] == ["https://photos.example/1.jpg"]
    assert meta(page, "og:image") == "https://photos.example/1.jpg"
    assert meta(page, "canonical") == data["url"] == meta(page, "og:url")
    listed = data_of(client.get("/homes").text)
    assert {"@type": "ListItem", "position": 3, "url": data["url"]} in listed["itemListElement"]


@pytest.mark.parametrize(
    ("address", "canonical", "robots"),
    [
        ("/homes", "/homes", "index, follow"),
        ("/homes?page=9&deal=&q=", "/homes", "index, follow"),
        ("/homes?deal=sale&town=Moscow", "/homes?town=%D0%9C%D0%BE%D1%81%D0%BA%D0%B2%D0%B0&deal=sale", "index, follow"),
        ("/homes?rooms=2&type=flat", "/homes?type=flat&rooms=2", "index, follow"),
        ("/homes?rooms=2&rooms=1", "/homes?rooms=1&rooms=2", "noindex, follow"),
        ("/homes?price_from=1", "/homes?price_from=1", "noindex, follow"),
        ("/homes?deal=rent", "/homes?deal=rent", "noindex, follow"),
    ],
)
def test_one_search_has_one_address(client, town, address, canonical, robots):
    page = client.get(address).text

    assert meta(page, "canonical").removeprefix("http://127.0.0.1:8000").replace("&amp;", "&") == canonical
    assert meta(page, "robots") == robots


def test_the_page_of_a_second_advert_names_the_first(client, town, db):
    first, second, _ = sorted(each.id for each in town.properties)
    db.add_all(AdvertGroup(property_id=each, group_id=first) for each in (first, second))
    db.commit()

    assert meta(client.get(f"/homes/{second}").text, "canonical").endswith(f"/homes/{first}")


def test_engines_are_led_to_every_home(client, town, app):
    app.extensions.pop("short_cache", None)  # without entries of other tests
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in client.get("/robots.txt").text
    maps = [each.removeprefix("http://127.0.0.1:8000") for each in addresses(client.get("/sitemap.xml"))]

    listed = [each for path in maps for each in addresses(client.get(path))]

    assert {f"http://127.0.0.1:8000/homes/{each.id}" for each in town.properties} <= set(listed)
    for address in listed:
        assert client.get(address.removeprefix("http://127.0.0.1:8000")).status_code == 200, address


def test_a_home_off_the_market_has_no_page(client, town, db):
    archive_property(db, db.get(Property, town.properties[0].id))
    db.commit()

    for path in (f"/homes/{town.properties[0].id}", "/homes/x", f"/sitemaps/homes-{2**62}.xml"):
        assert client.get(path).status_code == 404, path
    assert client.get(f"/sitemaps/homes-{2**64}.xml").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "price_from=abc",
        "price_from=9&price_to=1",
        "town=%00",
        "town=" + "x" * 300,
        "q=%00%27%3B--&district=%00&metro=%27",
        "price_to=1e999&area_from=-1&floor_from=99999999999999999999",
        "price_to=NaN",
        "rooms=x&rooms=99&type=castle&deal=gift&order=magic&wish=nonsense&page=-1",
        "&".join(f"district={number}" for number in range(300)),
    ],
)
def test_invalid_parameters_in_the_address_are_reported_or_ignored(client, town, query):
    assert client.get(f"/homes?{query}").status_code == 200


def test_unreadable_input_gets_an_error_beside_its_control(client, town):
    page = client.get("/homes?price_to=dear&town=Одинцово-или-Реутов-или").text

    assert 'id="s-price_to-error"' in page and 'value="dear"' in page


def test_off_it_is_for_who_is_signed_in(app_with, town):
    app = app_with(PUBLIC_SEARCH="off")
    visitor, tenant = app.test_client(), app.test_client()
    enter(tenant, town.tenant)

    assert visitor.get("/homes").location == "/console/sign-in?next=%2Fhomes"
    assert visitor.get(f"/homes/{town.properties[0].id}").status_code == 303
    assert visitor.get("/sitemap.xml").status_code == 404
    assert "Disallow: /homes" in visitor.get("/robots.txt").text
    assert tenant.get("/homes").status_code == tenant.get(f"/homes/{town.properties[0].id}").status_code == 200


def test_a_page_of_results_takes_few_statements(client, town, engine):
    client.get("/homes?town=Москва")
    with statements_on(engine) as noted:
        client.get("/homes?town=Москва&q=двор&price_to=20 млн")

    assert len(noted) <= 12
