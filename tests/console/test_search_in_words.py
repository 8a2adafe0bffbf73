"""The public search's box: words become filters of one address, and chips take them away again."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest

from models.market.properties import Property

RUSSIAN = {"Accept-Language": "ru"}


def search(client, **fields) -> list[tuple[str, str]]:
    """The query of the address to which the form leads."""
    answer = client.get("/homes", query_string=fields, headers=RUSSIAN)
    assert answer.status_code == 303, answer.text
    return parse_qsl(urlsplit(answer.location).query)


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        (
            "двушка с балконом до 12 млн у метро, не первый этаж",
            {"deal": "sale", "type": "flat", "rooms": "2", "price_to": "12000000", "not_first": "1", "near_metro": "1",
             "wish": "balcony"},
        ),
        ("студия от 30 метров, не последний этаж", {"type": "flat", "rooms": "0", "area_from": "30", "not_last": "1"}),
        ("с котом, 5-10 этаж", {"wish": "pets", "floor_from": "5", "floor_to": "10"}),
        ("снять двушку в Москве до 90 тысяч", {"town": "Москва", "deal": "rent", "type": "flat", "rooms": "2",
                                               "price_to": "90000"}),
        ("двушка у Сокола до 14 млн", {"town": "Москва", "deal": "sale", "district": "Сокол", "type": "flat",
                                       "rooms": "2", "price_to": "14000000"}),
        ("университет рядом", {"q": "университет"}),
        ("дворик -студия", {"q": "дворик -студия"}),  # the minus is the search's own operator, and no wish
        ("asdkj qweqwe !!!", {"q": "asdkj qweqwe"}),
        ("тихий парк", {"q": "тихий парк"}),  # understood, but listings have it only in their text
        ("!!!", {"q": "!!!"}),
        ("", {}),
    ],
)  # fmt: skip
def test_words_become_filters_of_one_address(client, town, text, filters):
    assert dict(search(client, say=text)) == filters
    assert len(search(client, say=text)) == len(filters)


def test_filters_named_in_words_replace_the_selected_ones_and_wishes_are_added(client, town):
    query = {"say": "трёшка с лифтом", "rooms": "1", "wish": "balcony", "order": "price", "price_to": "9 млн"}

    assert search(client, **query) == [
        ("type", "flat"), ("rooms", "3"), ("price_to", "9000000"), ("wish", "balcony"), ("wish", "lift"),
        ("order", "price"),
    ]  # fmt: skip


def test_a_refused_district_and_what_no_filter_asks_for_are_not_looked_for(client, town):
    query = search(client, say="двушка, без мебели")

    assert "q" not in dict(query) and ("unused", "без мебели") in query
    page = client.get("/homes", query_string=query, headers=RUSSIAN).text
    assert "по этому не отфильтровать: без мебели" in page
    assert re.search(r'rel="canonical" href="[^"]*"', page)[0].count("unused") == 0


@pytest.mark.parametrize(
    "text", ["\0", '"', "-", "(((", "😀" * 300, "x" * 5000, "до 99999999999999999999 млн", "%", "' OR 1"]
)
def test_nonsense_is_no_error(client, town, text):
    answer = client.get("/homes", query_string={"say": text}, headers=RUSSIAN, follow_redirects=True)

    assert answer.status_code == 200


def test_a_wrong_price_is_reported_and_the_words_are_still_read(client, town):
    answer = client.get("/homes", query_string={"say": "с балконом", "price_from": "abc"}, headers=RUSSIAN)

    assert answer.status_code == 200 and 'id="s-price_from-error"' in answer.text
    assert re.search(r'name="wish" value="balcony" checked', answer.text)


def test_each_chip_takes_one_thing_away(client, town):
    page = client.get("/homes?deal=sale&rooms=2&price_to=20000000&not_first=1&q=тихий", headers=RUSSIAN).text
    chips = re.findall(r'<a class="chip" href="([^"]*)"[^>]*>([^<]*)<', page)
    query = {"deal": "sale", "rooms": "2", "price_to": "20000000", "not_first": "1", "q": "тихий"}

    assert {label for _, label in chips} >= {"«тихий»", "комнат: 2", "не первый этаж"}
    left = [dict(parse_qsl(urlsplit(unescape(address)).query)) for address, _ in chips]
    assert len(left) == len(query)
    for each in left:
        assert len(each) == len(query) - 1 and each.items() <= query.items()


def test_a_home_by_the_metro_is_one_whose_listing_names_a_station(client, town, db):
    named = db.get(Property, town.properties[0].id)
    named.metro_station = "Смоленская"
    db.commit()

    page = client.get("/homes?near_metro=1").text

    assert f"/homes/{named.id}" in page
    assert f"/homes/{town.properties[1].id}" not in page
