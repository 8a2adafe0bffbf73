"""Listings in the public search: prices in different currencies."""

from datetime import date
from decimal import Decimal

from models.market.listings import ListingOrder, public_listings
from models.market.rates import set_rate
from tests.factories import make_property, make_user


def test_a_search_compares_prices_in_the_currency_of_the_city(session):
    owner = make_user(session)
    dear, cheap, unknown, own = (
        make_property(session, owner, price=price, currency=currency).id
        for price, currency in ((200_000, "USD"), (100_000, "USD"), (5, "AED"), (12_000_000, "RUB"))
    )
    set_rate(session, "USD", "RUB", date(2020, 1, 1), Decimal(90))

    def listed(order=ListingOrder.NEWEST, **wanted):
        return [found.id for found in session.scalars(public_listings(session, {"city": "Москва", **wanted}, order))]

    assert listed(price_max=10_000_000) == [cheap]
    assert listed(price_min=10_000_000) == [own, dear]
    assert listed(ListingOrder.CHEAPEST) == [cheap, own, dear, unknown]
    assert listed(ListingOrder.DEAREST) == [dear, own, cheap, unknown]
    assert listed(ListingOrder.NEWEST) == [own, unknown, cheap, dear]


def test_without_a_city_each_listing_is_compared_in_its_own_currency(session):
    owner = make_user(session)
    listing = make_property(session, owner, price=200_000, currency="USD")

    assert session.scalars(public_listings(session, {"price_max": 200_000})).all() == [listing]
    assert session.scalars(public_listings(session, {"price_max": 199_999})).all() == []
