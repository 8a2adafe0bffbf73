"""YRL's homes: terms of rent, categories, addresses, plots, new buildings, pictures and descriptions."""

from decimal import Decimal

import pytest

from models.core.enums import DealType, PropertyClass, PropertyType
from models.sources.formats.offer import Photo, Station
from tests.models.sources.feeds import feed_of, read, yrl, yrl_offer

LOCATION = "<locality-name>Москва</locality-name>"


def test_a_rent_with_its_terms(offer):
    read_offer = offer(
        type="аренда",
        price="<value>65000</value><currency>RUR</currency><period>месяц</period>",
        agent_fee="50",
        security_payment="65000",
        prepayment="100",
        utilities_included="нет",
        with_pets="да",
        room_furniture="1",
        more="<television>true</television><washing-machine>+</washing-machine>",
    )

    assert (read_offer.deal_type, read_offer.price, read_offer.per_day) == (DealType.RENT, Decimal(65_000), False)
    assert read_offer.facts == {
        "commission": 50.0,
        "deposit": 1.0,
        "prepayment": 1.0,
        "utilities_included": False,
        "pets": True,
        "furnished": True,
        "tv": True,
        "washing_machine": True,
        "from_owner": False,
    }


def test_a_rent_per_day_is_no_rent_per_month(offer):
    read_offer = offer(type="аренда", price="<value>4000</value><currency>RUR</currency><period>день</period>")

    assert read_offer.faults == [] and read_offer.per_day
    assert read_offer.facts["rent_term"] == "daily"


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("flat", PropertyType.APARTMENT),
        ("дом с участком", PropertyType.HOUSE),
        ("house with lot", PropertyType.HOUSE),
        ("дача", PropertyType.HOUSE),
        ("часть дома", PropertyType.HOUSE),
        ("таунхаус", PropertyType.TOWNHOUSE),
        ("дуплекс", PropertyType.TOWNHOUSE),
        ("комната", PropertyType.ROOM),
        ("commercial", PropertyType.COMMERCIAL),
    ],
)
def test_categories_become_what_they_are(offer, category, expected):
    read_offer = offer(category=category)

    assert (read_offer.property_type, read_offer.faults) == (expected, [])


def test_apartments_and_elite_houses_are_recognised_by_flags(offer):
    read_offer = offer(apartments="1", is_elite="да")

    assert (read_offer.property_type, read_offer.property_class) == (PropertyType.APARTMENTS, PropertyClass.ELITE)


def test_an_address_may_be_outside_the_location_and_the_town_may_be_a_region(offer):
    read_offer = offer(
        location="<region>Москва</region><sub-locality-name>Тверской  район</sub-locality-name>"
        "<metro><name>Тверская</name></metro><metro><name>Пушкинская</name></metro>",
        more="<Address>Тверская улица, д. 15</Address><apartment>12</apartment>",
    )

    assert (read_offer.city, read_offer.region, read_offer.district) == (None, "Москва", "Тверской")
    assert (read_offer.street, read_offer.house_number) == ("Тверская улица", "15")
    assert read_offer.stations == [Station("Тверская"), Station("Пушкинская")]


@pytest.mark.parametrize(
    ("lot", "square_metres"),
    [
        ("<value>8</value><unit>сотка</unit>", 800),
        ("<value>8</value><unit>cотка</unit>", 800),  # a Latin c
        ("<value>6,5</value><unit>сот.</unit>", 650),
        ("<value>800</value><unit>кв. м</unit>", 800),
        ("<value>1200</value><unit>сотка</unit>", 1200),  # square metres that are called sotkas
        ("<value>0.5</value><unit>гектар</unit>", 5000),
        ("<value>12</value>", 1200),
    ],
)
def test_plots_are_measured_in_square_metres(offer, lot, square_metres):
    read_offer = offer(category="дом с участком", lot_area=lot)

    assert read_offer.land_area == square_metres


@pytest.mark.parametrize(
    ("quarter", "year", "state", "facts"),
    [
        ("3", "2027", "unfinished", {"handed_over": False, "completion": 2027.5}),
        ("2кв", "2026", "hand_over", {"handed_over": True}),
        ("", "2019", "built", {"handed_over": True}),
    ],
)
def test_new_buildings_state_their_completion_date(offer, quarter, year, state, facts):
    read_offer = offer(built_year=year, ready_quarter=quarter, building_state=state, new_flat="1")

    assert read_offer.market == "new"
    assert {name: read_offer.facts[name] for name in read_offer.facts if name in ("handed_over", "completion")} == facts


def test_pictures_keep_their_order_and_kind_and_invalid_addresses_are_reported(offer):
    read_offer = offer(
        more='<image type="housemain">https://a.example/h.jpg</image><image>https://a.example/1.jpghttps://a.example/2.jpg'
        '</image><image>ftp://a.example/3.jpg</image><image tag="floorplan">http://a.example/f.png</image>'
        "<image>https://a.example/1.jpg</image>"
    )

    assert read_offer.photos == [
        Photo("https://a.example/h.jpg", "facade"),
        Photo("https://a.example/1.jpg"),
        Photo("https://a.example/2.jpg"),
        Photo("http://a.example/f.png", "floor_plan"),
    ]
    assert [(guess.field, guess.read) for guess in read_offer.guesses] == [("photos", "ftp://a.example/3.jpg")]


def test_an_offer_with_only_category_price_area_and_address_is_accepted(tmp_path):
    body = (
        '<offer internal-id="7"><type>sale</type><category>flat</category><price><value>9000000</value></price>'
        "<area>48</area><location><address>Тула, улица Мира, 3</address></location></offer>"
    )
    [found] = read(tmp_path, yrl(body))

    assert (found.faults, found.area, found.rooms, found.floor) == ([], Decimal(48), None, None)


def test_unused_tags_are_reported_with_their_count(tmp_path):
    feed = feed_of(tmp_path, yrl(yrl_offer("1", more="<floor-covering>паркет</floor-covering>"), yrl_offer("2")))
    list(feed.offers())

    assert feed.notes.ignored_fields == {"creation-date": 2, "sales-agent/phone": 2, "floor-covering": 1}


def test_descriptions_lose_tags_and_keep_paragraphs(offer):
    read_offer = offer(
        description="&lt;p&gt;Первый&lt;/p&gt;&lt;ul&gt;&lt;li&gt;второй&amp;nbsp;пункт&lt;/li&gt;&lt;/ul&gt;"
        " &amp;#x41C;осква"
    )

    assert read_offer.description == "Первый\nвторой\xa0пункт\nМосква"
