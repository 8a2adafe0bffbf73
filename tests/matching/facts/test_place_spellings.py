"""A table of districts and stations as people write them: each place has one key, different from all others."""

from itertools import combinations

from matching.facts.place_names import place_key
from tests.matching.facts.place_spellings import APART, PLACES
from tests.tables import each_of

LINES = [line.split(" | ") for line in PLACES.strip().splitlines()]


@each_of(("name", "spelling"), [(line[0], spelling) for line in LINES for spelling in line[1:]])
def test_a_spelling_of_a_place_has_its_key(name, spelling):
    assert place_key(spelling) == place_key(name)


def test_places_of_different_lines_have_different_keys():
    assert len({place_key(name) for name, *_ in LINES}) == len(LINES)


@each_of("names", [line.split(" | ") for line in APART.strip().splitlines()])
def test_places_of_like_names_stay_apart(names):
    assert all(place_key(one) != place_key(other) for one, other in combinations(names, 2))


def test_the_table_is_as_long_as_promised():
    assert sum(map(len, LINES)) >= 400
