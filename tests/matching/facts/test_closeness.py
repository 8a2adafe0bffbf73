"""Nearness of places: learnt, stored, graded, and never better than the wanted place."""

from dataclasses import replace

import numpy as np
import pytest

from matching.engine.explain import explain_pairs
from matching.engine.incremental import row_scores
from matching.engine.text import TextModel
from matching.errors import InvalidInputError
from matching.facts.closeness import Closeness
from matching.facts.columns import LeadFacts, PlaceIndex, PropertyColumns, PropertyFacts, learn_closeness
from matching.facts.geo import cell_of, cells_around, distance_km
from tests.matching.strategies import vectors

EMPTY = TextModel.empty()


def home(district=None, metro=None, **facts):
    return PropertyFacts(owner=2, property_type="APARTMENT", district=district, metro=metro, **facts)


def learnt(homes):
    places = PlaceIndex()
    return learn_closeness(PropertyColumns.from_facts(homes, places), places)


#: Districts in a row: each shares a station with the next.
ROW = [
    home(f"район {i}", f"станция {i + step}") for i in range(6) for step in (0, 1) for _ in range(4 if step == 0 else 2)
]


def scores(lead, homes, closeness):
    return row_scores(*vectors([lead], homes, EMPTY, closeness))[0]


def test_places_that_share_stations_are_near_and_the_next_is_nearer_than_the_one_after():
    near = learnt(ROW).district
    found = dict(
        zip(
            [near.keys[index] for index in near.places[near.of(near.keys.index("0"))]],
            near.nearness[near.of(0)],
            strict=False,
        )
    )

    assert found["1"] > found["2"] > 0
    assert "5" not in found


def test_a_large_neighbour_of_a_small_place_is_no_nearer_than_the_small_one_of_it():
    small = [home("хутор", "общая") for _ in range(2)]
    large = [home("город", "общая") for _ in range(40)] + [home("город", "своя") for _ in range(40)]
    near = learnt([*small, *large]).district
    nearness = {near.keys[index]: float(near.nearness[near.of(index)][0]) for index in range(2)}

    assert nearness["hutor"] == nearness["gorod"] < 1


def test_learnt_closeness_does_not_depend_on_the_order_of_properties():
    one, other = learnt(ROW), learnt(ROW[::-1])

    assert one.to_bytes() == other.to_bytes()


def test_a_stored_closeness_is_the_same():
    one = learnt([*ROW, *[home("центр", "главная", latitude=55.75, longitude=37.6 + i / 1000) for i in range(3)]])
    again = Closeness.from_bytes(one.to_bytes())

    assert again.to_bytes() == one.to_bytes()
    assert again.district.keys == one.district.keys


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 garbage"])
def test_invalid_closeness_data_is_refused(data):
    with pytest.raises(InvalidInputError, match="not a stored closeness"):
        Closeness.from_bytes(data)


def test_homes_are_ranked_by_how_near_they_are_and_the_wanted_place_leads():
    lead = LeadFacts(owner=1, districts=["район 2"])
    got = scores(lead, [home(f"район {i}") for i in (2, 3, 4, 0, 5)] + [home()], learnt(ROW))

    wanted, one_off, two_off, two_off_too, far, unknown = got
    assert wanted > one_off > two_off > far and wanted > unknown > far
    assert two_off_too == pytest.approx(two_off, abs=1)


@pytest.mark.parametrize("widening", [{"place_scope": "near"}, {"radius_km": 3.0}])
def test_a_wider_wish_brings_the_neighbours_nearer_but_never_level(widening):
    lead = LeadFacts(owner=1, districts=["район 2"], metros=["станция 2"])
    homes = [home("район 2", "станция 2"), home("район 3", "станция 3"), home("район 5", "станция 6")]
    closeness = learnt(ROW)
    plain, wider = scores(lead, homes, closeness), scores(replace(lead, **widening), homes, closeness)

    assert wider[0] == plain[0] > wider[1] > plain[1]


def test_only_the_named_places_breaks_what_is_known_to_be_elsewhere():
    closeness = learnt(ROW)
    lead = LeadFacts(owner=1, districts=["район 2"], place_scope="only")
    assert np.isnan(scores(lead, [home("район 2"), home("район 3"), home()], closeness)).tolist() == [
        False,
        True,
        False,
    ]

    by_metro = LeadFacts(owner=1, metros=["станция 2"], place_scope="only")
    homes = [
        home(metro="станция 2"),
        home(metro="станция 5"),
        home(),
        home(metros=[("станция 5", 5), ("станция 2", 20)]),
    ]
    assert np.isnan(scores(by_metro, homes, closeness)).tolist() == [False, True, False, False]

    # "Only at station 2 or in district 5": station 2 lies in the districts 1 and 2.
    both = replace(by_metro, districts=["район 5"])
    homes = [home("район 2", "станция 2"), home("район 5"), home("район 0")]
    assert np.isnan(scores(both, homes, closeness)).tolist() == [False, False, True]


def test_any_station_of_several_meets_the_wish_and_a_nearer_one_better():
    lead = LeadFacts(owner=1, metros=["Сокол"])
    homes = [home(metros=[("Аэропорт", 5), ("Сокол", minutes)]) for minutes in (None, 8, 14, 18, 25, 40)] + [
        home(metros=[("Аэропорт", 5)])
    ]
    got = scores(lead, homes, Closeness.empty())

    assert got[0] == got[1] > got[2] > got[3] > got[4] > got[5] > got[6]


def test_a_point_and_a_radius_are_met_within_and_fade_beyond():
    lead = LeadFacts(owner=1, latitude=55.75, longitude=37.6, radius_km=2.0)
    homes = [home(latitude=55.75 + km / 111.2, longitude=37.6) for km in (0, 1, 3, 4, 9)] + [home()]
    got = scores(lead, homes, Closeness.empty())

    assert got[0] == got[1] > got[2] > got[3] > got[4] and got[0] > got[5] > got[4]


def test_a_home_without_coordinates_counts_as_in_the_middle_of_its_district():
    near, far = (
        [home(name, latitude=55.75 + offset, longitude=37.6 + i / 1000) for i in range(3)]
        for name, offset in (("близкий", 0.0), ("дальний", 0.2))
    )
    lead = LeadFacts(owner=1, latitude=55.75, longitude=37.601)
    got = scores(lead, [home("близкий"), home("дальний"), home("неведомый")], learnt([*near, *far]))

    assert got[0] > got[2] > got[1]


def test_the_explanation_states_the_distance_to_the_next_district():
    homes = [
        home(name, latitude=55.75 + at / 111.2, longitude=37.6 + i / 1000)
        for name, at in (("сокол", 0), ("аэропорт", 2))
        for i in range(3)
    ]
    closeness = learnt(homes)
    lead = LeadFacts(owner=1, districts=["Сокол"], metros=["Сокол"])
    notes = [
        one.place
        for one in explain_pairs(
            [lead], [home("Аэропорт"), home("Сокол"), home("Тверской"), home()], EMPTY, closeness=closeness
        )
    ]

    assert [(note.relation, note.wanted) for note in notes][:2] == [("near", "Сокол"), ("wanted", "Сокол")]
    assert notes[0].place == "Аэропорт" and notes[0].km == pytest.approx(2, abs=0.1)
    assert [note.relation for note in notes[2:]] == ["elsewhere", "unknown"]
    assert explain_pairs([LeadFacts(owner=1)], [home("Сокол")], EMPTY)[0].place is None


def test_cells_around_a_point_hold_every_point_within():
    rng = np.random.default_rng(0)
    for latitude, longitude in ((55.75, 37.6), (43.24, 76.9), (-33.9, 151.2), (25.2, 55.3)):
        rows, columns, away = cells_around(latitude, longitude, 3.0)
        cells = set(zip(rows.tolist(), columns.tolist(), strict=False))
        for _ in range(200):
            north, east = rng.uniform(-2, 2, 2) / 111.2
            point = latitude + north, longitude + east / np.cos(np.radians(latitude))
            if distance_km(latitude, longitude, *point) < 2.5:
                assert tuple(int(part) for part in cell_of(*point)) in cells
        assert (away <= 3.0).all()
