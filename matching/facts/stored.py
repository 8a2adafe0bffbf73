"""Facts of stored rows; readings by an older grammar that the present one does not know are ignored."""

from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from matching.errors import InvalidInputError
from matching.facts.records import LeadFacts, PropertyFacts
from matching.facts.wishes import STRENGTHS, answer_of, frozen, thawed
from matching.reading.kinds import KIND_OF, JsonValue, complete_facts


def stored_lead(fields: Mapping[str, Any]) -> LeadFacts:
    """The facts of a lead, from its stored fields."""
    return LeadFacts(**{**fields, "wishes": usable_wishes(fields["wishes"])})


def stored_property(fields: Mapping[str, Any]) -> PropertyFacts:
    """The facts of a property, from its stored fields, with the facts that follow from stated ones."""
    return PropertyFacts(**{**fields, "facts": complete_facts(usable_facts(fields["facts"]))})


def usable_wishes(wishes: Iterable[tuple[str, JsonValue, str]]) -> list[tuple[str, JsonValue, str]]:
    """
    The wishes that the present grammar can judge.

    >>> usable_wishes([("balcony", True, "wish"), ("balcony", {"min": 1}, "wish"), ("no such kind", True, "wish")])
    [('balcony', True, 'wish')]
    """
    return [
        (kind, value, strength)
        for kind, value, strength in wishes
        if strength in STRENGTHS and _can_judge(kind, frozen(value))
    ]


def usable_facts(facts: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """
    The facts that the present grammar knows.

    >>> usable_facts({"balcony": True, "lift": "maybe", "no such kind": 1})
    {'balcony': True}
    """
    return {kind: value for kind, value in facts.items() if _is_answer(kind, value)}


@lru_cache(maxsize=50_000)
def _can_judge(kind: str, value: Hashable) -> bool:
    if kind not in KIND_OF:
        return False
    try:
        KIND_OF[kind].judge(thawed(value))
    except InvalidInputError:
        return False
    return True


def _is_answer(kind: str, value: JsonValue) -> bool:
    if kind not in KIND_OF:
        return False
    try:
        answer_of(kind, value)
    except InvalidInputError:
        return False
    return True
