"""Names similar to an unknown one: to correct a typing error, and for the question "did you mean"."""

from collections import Counter
from functools import cache

from models.market.towns.countries import HOME_COUNTRIES
from models.market.towns.gazetteer import Town, called, home_names, is_own, rank

#: A shorter name is not corrected, because too many names are one letter away from it.
SHORTEST_GUESSED = 5
#: A longer text is not a misspelt town; and the size of all forms with one letter less grows with the square of its
#: length.
LONGEST_GUESSED = 100
#: The share of letter triples that two similar names must have in common.
_ALIKE = 0.28
_MAX_NAMES = 3


def one_error_away(plain: str) -> list[Town]:
    """
    Towns whose names become this one by one letter too many, missing, wrong or swapped with its neighbour.

    Only towns at home, if there are any; otherwise others. Short and very long names have none.

    >>> [town.english for town in one_error_away("мосвка")], one_error_away("уфо")
    (['Moscow'], [])
    """
    if not SHORTEST_GUESSED <= len(plain) <= LONGEST_GUESSED:
        return []
    names = {name for form in (plain, *_shortened(plain)) for name in _deletions().get(form, ())}
    # Of several towns with one name, only the most likely counts.
    best = {name: max(_by_name()[name], key=lambda town: rank(name, town)) for name in names}
    near = {name: town for name, town in best.items() if _is_one_error(plain, name)}
    near = {name: town for name, town in near.items() if town.country in HOME_COUNTRIES} or near
    # The current name of one town takes precedence over an old or unusual name of another.
    own = {town.key: town for name, town in near.items() if is_own(name, town)}
    return list((own or {town.key: town for town in near.values()}).values())


def nearest_names(plain: str) -> tuple[str, ...]:
    """Up to three names of towns most similar to this one, the most similar first; none if none is similar enough."""
    triples = _triples(plain)
    shared: Counter[str] = Counter(name for triple in triples for name in _by_triple().get(triple, ()))
    likeness: dict[int, tuple[float, int]] = {}
    for name, count in shared.most_common(60):
        alike = count / (len(triples) + len(_triples(name)) - count)
        for town in _by_name()[name]:
            if not is_own(name, town):
                continue  # an old name, or one in another language
            likeness[town.id] = max(likeness.get(town.id, (0.0, 0)), (alike, town.population))
    ordered = sorted(likeness, key=lambda town_id: likeness[town_id], reverse=True)
    names = dict.fromkeys(called(town_id) for town_id in ordered if likeness[town_id][0] >= _ALIKE)
    return tuple(names)[:_MAX_NAMES]


def _is_one_error(one: str, other: str) -> bool:
    if len(one) == len(other):
        wrong = [place for place in range(len(one)) if one[place] != other[place]]
        if len(wrong) == 2:
            first, second = wrong
            return second == first + 1 and one[first] == other[second] and one[second] == other[first]
        return len(wrong) == 1
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return len(longer) == len(shorter) + 1 and shorter in _shortened(longer)


def _shortened(name: str) -> set[str]:
    return {name[:place] + name[place + 1 :] for place in range(len(name))}


def _triples(name: str) -> set[str]:
    padded = f"  {name} "
    return {padded[place : place + 3] for place in range(len(padded) - 2)}


@cache
def _by_name() -> dict[str, list[Town]]:
    by_name: dict[str, list[Town]] = {}
    for name, town in home_names():
        by_name.setdefault(name, []).append(town)
    return by_name


@cache
def _deletions() -> dict[str, list[str]]:
    """
    Each name, complete and without any one of its letters -> the names. Two names that are one error apart share an
    entry.
    """
    by_deletion: dict[str, list[str]] = {}
    for name in _by_name():
        if len(name) >= SHORTEST_GUESSED:
            for form in (name, *_shortened(name)):
                by_deletion.setdefault(form, []).append(name)
    return by_deletion


@cache
def _by_triple() -> dict[str, list[str]]:
    by_triple: dict[str, list[str]] = {}
    for name in _by_name():
        for triple in _triples(name):
            by_triple.setdefault(triple, []).append(name)
    return by_triple
