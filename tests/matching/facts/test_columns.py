"""Columns refuse contradictory data, and spellings of a place have one key."""

import unicodedata
from dataclasses import replace

import numpy as np
import pytest

from matching.errors import InvalidInputError
from matching.facts.columns import LeadColumns, LeadFacts, PlaceIndex, PropertyColumns, PropertyFacts
from matching.facts.vocabulary import place_key
from tests.matching.engine.test_criteria import HOME, LEAD
from tests.matching.strategies import vectors


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("р-н Хамовники", "хамовники"),
        ("Хорошёво-Мнёвники", "Хорошево Мневники район"),
        ("м. Спортивная", "станция метро «Спортивная»"),
        ("Arbat District", "arbat"),
        ("мкр. Самал-2", "Самал 2"),
        (unicodedata.normalize("NFD", "Нагатинский Затон, Хорошёво"), "Нагатинский затон хорошево"),
    ],
)
def test_spellings_of_one_place_meet(one, other):
    assert place_key(one) == place_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Самал-1", "Самал-2"), ("Парк Победы", "Парк культуры"), ("Район", "Метро")]
)
def test_different_places_stay_apart(one, other):
    assert place_key(one) != place_key(other)


def test_places_keep_their_codes_as_the_index_grows():
    places = PlaceIndex(["Арбат"])

    assert places.districts.codes(["Сокол", "арбат", None, "—", "р-н Сокол"]).tolist() == [1, 0, -1, -1, 1]
    assert PlaceIndex(places.districts.keys()).districts.codes(["сокол"]).tolist() == [1]


def test_lists_of_places_are_sorted_and_without_repeats():
    indptr, codes = PlaceIndex().districts.code_lists([["б", "а", "Б"], [], ["а", ""]])

    assert indptr.tolist() == [0, 2, 2, 3] and codes.tolist() == [0, 1, 1]


def table(**changes):
    return replace(LeadColumns.from_facts([LEAD, LeadFacts(owner=3)], PlaceIndex()), **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"price_max": np.array([1.0])}, "price_max has 1 rows, owner has 2"),
        ({"price_min": np.array([-1.0, 1.0])}, "price_min must be finite and not negative"),
        ({"area_max": np.array([np.inf, 1.0])}, "area_max must be finite"),
        ({"area_min": np.array([80.0, np.nan])}, "area_min is above area_max"),
        ({"property_type": np.array([6, 0], np.int8)}, "property_type must hold -1..5"),
        ({"rooms": np.zeros((2, 4), bool)}, r"rooms must be \(2, 11\)"),
        ({"district_indptr": np.array([0, 5, 1])}, "district_indptr does not cut"),
    ],
)
def test_columns_that_contradict_themselves_are_refused(changes, message):
    with pytest.raises(InvalidInputError, match=message):
        table(**changes)


@pytest.mark.parametrize("bad", [{"property_type": "CASTLE"}, {"rooms": -1}, {"property_class": ""}])
def test_unknown_words_are_refused(bad):
    with pytest.raises(InvalidInputError):
        PropertyColumns.from_facts([replace(HOME, **bad)], PlaceIndex())


def test_rows_split_and_joined_again_are_unchanged():
    leads, homes = vectors(
        [LEAD, LeadFacts(owner=3), replace(LEAD, districts=["Б", "А"])],
        [HOME, PropertyFacts(owner=1, property_type="HOUSE")],
    )
    for vector_table in (leads, homes):
        rows = [vector_table.take([row]) for row in range(len(vector_table))]
        for name, values in vars(type(vector_table).concat(rows)).items():
            np.testing.assert_array_equal(values, getattr(vector_table, name))


@pytest.mark.parametrize("districts", [[], ["Б"], ["А", "Б", "В"]])
def test_rows_overwritten_leave_the_others(districts):
    changed = replace(LEAD, owner=9, districts=districts, price_max=20e6)
    all_rows, _ = vectors([*(replace(LEAD, owner=number) for number in range(4)), changed, changed], [])
    before, put = all_rows.take([0, 1, 2, 3]), all_rows.take([4, 5])

    table = before.overwritten(np.array([1, 3]), put)

    for name, values in vars(all_rows.take([0, 4, 2, 5])).items():
        np.testing.assert_array_equal(getattr(table, name), values)


@pytest.mark.parametrize("row", [0, 1, 2])
def test_a_table_without_a_row_is_that_of_the_others(row):
    leads = [LEAD, LeadFacts(owner=3), replace(LEAD, districts=["Б", "А"])]
    homes = [HOME, PropertyFacts(owner=1, property_type="HOUSE"), replace(HOME, owner=2)]
    others = [index for index in range(3) if index != row]

    for table in vectors(leads, homes):
        expected = table.take(others)
        shortened = table.shortened(row)
        for name, values in vars(expected).items():
            np.testing.assert_array_equal(getattr(shortened, name), values)


def test_minutes_written_behind_a_station_count_and_one_text_may_name_several():
    home = replace(HOME, metro="м. Сокол, 25 мин пешком; Аэропорт", metros=())
    places = PlaceIndex()
    columns = PropertyColumns.from_facts([home], places)
    sokol, aeroport = places.metros.codes(["Сокол", "Аэропорт"])
    parts = dict(zip(columns.metro_codes.tolist(), columns.metro_parts.tolist(), strict=True))

    assert parts[sokol] < parts[aeroport]


def test_minutes_by_transport_are_a_longer_way_on_foot():
    def part(metro):
        columns = PropertyColumns.from_facts([replace(HOME, metro=metro, metros=())], PlaceIndex())
        return columns.metro_parts.tolist()

    assert part("Сокол, 10 мин на транспорте") == part("Сокол, 50 мин пешком") < part("Сокол, 10 мин пешком")
