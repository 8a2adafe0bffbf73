"""Money in comparisons: equal currencies directly, others by rates; a range from 0 to 0 means no amount."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest

from models.core.enums import DealType
from models.core.errors import InvalidValueError
from models.market.facts import converted, lead_facts, lead_money, property_money, stated_range
from models.market.leads import canonical_lead
from models.market.missing_rates import MissingRate, missing_rates, newest_rate_day
from models.market.properties import canonical
from models.market.rates import factors_to, set_rate
from tests.factories import make_lead, make_property, make_user

RUB = {"RUB": Decimal(1)}
USD_TOO = {"RUB": Decimal(1), "USD": Decimal("92.5")}


@dataclass
class Budget:
    currency: str
    budget_min: Decimal | None = None
    budget_max: Decimal | None = None


def test_the_markets_own_money_is_answered_without_a_code():
    budget = Budget("RUB", Decimal("10000000.01"), Decimal(20_000_000))

    assert lead_money(budget, RUB) == {
        "price_min": Decimal("10000000.01"),
        "price_max": Decimal(20_000_000),
        "currency": "",
        "rate": Decimal(1),
    }


def test_money_without_a_rate_is_stated_and_comparable_with_its_own_kind_only():
    lead = lead_money(Budget("AED", None, Decimal(300_000)), RUB)
    home = property_money(SimpleNamespace(price=Decimal(900_000), currency="AED"), RUB)

    assert (lead["price_max"], lead["rate"]) == (300_000, None)
    assert lead["currency"] == home["currency"] == "AED", "compared as they are"


def test_money_with_a_rate_keeps_its_own_amount_and_states_the_rate():
    shown = property_money(SimpleNamespace(price=Decimal("500000.01"), currency="USD"), USD_TOO)

    assert shown == {"price": Decimal("500000.01"), "currency": "USD", "rate": Decimal("92.5")}


def test_an_inverse_rate_loses_no_kopeck_on_the_way_back(session):
    set_rate(session, "RUB", "KZT", date(2020, 1, 1), Decimal("6.62"))
    factors = factors_to(session, "RUB", date(2026, 1, 1))

    for kopecks in range(1, 2000, 7):
        tenge = Decimal(kopecks) * 662 / 10000  # what so many kopecks cost
        assert round(converted(tenge, "KZT", "RUB", factors), 10) == Decimal(kopecks) / 100


@pytest.mark.parametrize(
    ("low", "high", "stated"),
    [(0, 0, (None, None)), (None, 0, (None, None)), (0, 5, (None, 5)), (5, None, (5, None)), (5, 9, (5, 9))],
)
def test_a_range_from_0_to_0_counts_as_missing(session, low, high, stated):
    ends = (None if low is None else Decimal(low), None if high is None else Decimal(high))

    assert stated_range(*ends) == stated
    columns = canonical_lead(session, {"city": "Москва", "budget_min": ends[0], "budget_max": ends[1]})
    assert (columns["budget_min"] or None, columns["budget_max"]) == stated


def test_areas_from_0_to_0_are_no_wish_to_the_engine():
    row = SimpleNamespace(
        **dict.fromkeys(("owner_id", "rooms", "property_type", "property_class", "condition", "year_min")),
        **dict.fromkeys(("districts", "metro_stations", "additional_requirements", "wishes", "payment_method")),
        **dict.fromkeys(("place_scope", "radius_km", "latitude", "longitude")),
        **dict.fromkeys(("budget_min", "budget_max", "area_min", "area_max"), Decimal(0)),
        currency="RUB",
    )
    facts = lead_facts(row, RUB)

    assert [facts[name] for name in ("price_min", "price_max", "area_min", "area_max")] == [None] * 4


def test_an_amount_that_is_changed_in_its_town_stays_in_its_currency(session):
    present = SimpleNamespace(currency="USD", city_key=canonical(session, {"city": "Москва"})["city_key"])

    assert canonical(session, {"city": "Москва", "price": 1}, present)["currency"] == "USD"
    assert canonical(session, {"city": "Москва", "currency": "EUR"}, present)["currency"] == "EUR"
    assert canonical(session, {"city": "Алматы", "price": 1}, present)["currency"] == "KZT", (
        "another town, another money"
    )


@pytest.mark.parametrize(
    ("base", "currency", "rate"),
    [("RUS", "RUB", 1), ("USD", "ZZZ", 1), ("USD", "usd", 1), ("RUR", "RUB", 1), ("USD", "RUB", 0), ("USD", "RUB", -1)],
)
def test_a_rate_of_no_currency_or_out_of_range_is_refused(session, base, currency, rate):
    with pytest.raises(InvalidValueError):
        set_rate(session, base, currency, date(2026, 1, 1), Decimal(rate))


def test_old_roubles_are_roubles(session):
    set_rate(session, "usd", "rur", date(2020, 1, 1), Decimal(90))

    assert factors_to(session, "RUB", date(2026, 1, 1))["USD"] == 90


def test_markets_list_the_currencies_without_a_rate(session):
    realtor = make_user(session)
    make_lead(session, realtor, city="Москва", currency="USD", budget_min=None, budget_max=1)
    make_lead(session, realtor, city="Москва", currency="USD", budget_max=None, budget_min=None)
    make_property(session, realtor, city="Москва", currency="USD", price=5)
    make_property(session, realtor, city="Москва", currency="RUB", price=5)
    key = canonical(session, {"city": "Москва"})["city_key"]

    assert missing_rates(session) == [MissingRate(key, DealType.SALE, "USD", "RUB", leads=1, properties=1)]
    assert newest_rate_day(session) is None

    set_rate(session, "USD", "RUB", date(2020, 1, 1), Decimal(90))
    assert missing_rates(session) == []
    assert newest_rate_day(session) == date(2020, 1, 1)
