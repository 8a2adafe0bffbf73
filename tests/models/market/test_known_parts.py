"""The tables of publicly known districts and stations."""

from collections import Counter

import pytest

from matching.facts.place_names import place_key
from models.market.places import name_of_city, population_of_city
from models.market.towns.known_parts import known_parts, names_everywhere


def test_every_table_is_of_a_large_town_of_the_gazetteer() -> None:
    keys = {part.town_key for part in known_parts()}

    assert {name_of_city(key) for key in keys} >= {"Москва", "Санкт-Петербург", "Алматы", "Астана", "Казань", "Самара"}
    assert min(map(population_of_city, keys)) > 200_000


def test_no_name_stands_twice_in_one_list() -> None:
    counts = Counter((part.town_key, part.kind, place_key(part.name)) for part in known_parts())

    assert [place for place, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("kind", ["districts", "stations"])
def test_names_are_plain_names(kind: str) -> None:
    names = [part.name for part in known_parts() if part.kind == kind]

    assert len(names) > 300
    assert [
        name for name in names if not name.strip("*:#") == name or not place_key(name) or not name[0].isalnum()
    ] == []


def test_names_that_many_towns_have_are_no_names_of_only_one() -> None:
    everywhere = {place_key(name) for name in names_everywhere()}

    assert everywhere & {place_key(name) for name in ("Центральный", "Октябрьская", "Парк Победы")}
    assert not everywhere & {place_key(name) for name in ("Сокол", "Хамовники", "Василеостровская", "Уралмаш")}


def test_only_a_station_named_after_a_town_of_its_own_is_marked() -> None:
    assert [part.name for part in known_parts() if part.is_town] == ["Котельники"]
