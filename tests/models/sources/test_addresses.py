"""Addresses of files: street and house."""

import pytest

from models.sources.formats.addresses import set_address
from models.sources.formats.offer import Offer


@pytest.mark.parametrize(
    ("address", "city", "street", "house"),
    [
        ("Москва Ленинский проспект 62", None, "Ленинский проспект", "62"),
        ("Москва Ленинский проспект, 62", None, "Ленинский проспект", "62"),
        ("г. Пушкин ул. Ленина д. 3", None, "ул. Ленина", "3"),
        ("Нижний Новгород ул Горького 5", None, "ул Горького", "5"),
        ("Алматы Абай даңғылы 10", None, "Абай даңғылы", "10"),
        ("Алматы Абая 10", "г. Алматы", "Абая", "10"),
        ("Пушкин Ленина 3", "Пушкин", "Ленина", "3"),
        # The town's name is the street's.
        ("Московский проспект 5", "Московский", "Московский проспект", "5"),
        ("Киров проспект 5", "Киров", "Киров проспект", "5"),
        ("Владимира Невского улица 5", None, "Владимира Невского улица", "5"),
        ("Зелёный Бор улица 5", None, "Зелёный Бор улица", "5"),
        ("улица Москва 5", "Москва", "улица Москва", "5"),
    ],
)
def test_a_town_before_a_street_is_no_part_of_it_without_a_comma_either(address, city, street, house):
    offer = Offer(1, city=city)

    set_address(offer, address)

    assert (offer.street, offer.house_number, offer.address) == (street, house, address)
