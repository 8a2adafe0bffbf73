"""Kinds: their answers, and the value of each answer for a wish."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.errors import InvalidInputError
from matching.reading.json_rows import check_wish
from matching.reading.kind import Kind
from matching.reading.kinds import KIND_OF, KINDS, complete_facts
from tests.tables import each_of

NUMBERS = [kind for kind in KINDS if kind.form == "number"]


@each_of("kind", KINDS, ids=lambda kind: kind.name)
def test_an_implied_wish_can_be_judged(kind: Kind) -> None:
    if kind.implied is not None:
        value, contradicts = kind.judge(kind.implied)
        assert value.shape == contradicts.shape == (kind.answers,)
        assert contradicts.any()


def test_these_kinds_have_an_implied_wish() -> None:
    assert {kind.name for kind in KINDS if kind.implied is not None} == {"share", "room", "auction", "rent_term"}


@each_of(
    ("kind", "value"),
    [
        ("balcony", 1),
        ("balcony", None),
        ("kitchen_area", 9),
        ("kitchen_area", {}),
        ("kitchen_area", {"min": None}),
        ("kitchen_area", {"min": "9"}),
        ("kitchen_area", {"min": True}),
        ("kitchen_area", {"min": [9]}),
        ("kitchen_area", {"min": float("nan")}),
        ("kitchen_area", {"max": float("inf")}),
        ("kitchen_area", {"min": 10**400}),
        ("kitchen_area", {"min": 12, "max": 9}),
        ("move_in", {"max": 366}),
        ("move_in", {"min": -1}),
        ("material", "brick"),
        ("material", {"any_of": "brick"}),
        ("material", {"any_of": [["brick"]]}),
        ("material", {"any_of": {"brick": 1}}),
        ("material", {"any_of": []}),
        ("material", {"any_of": ["brick"], "none_of": ["panel"]}),
        ("helipad", True),
    ],
    ids=lambda each: repr(each)[:40],
)
def test_an_invalid_wish_is_refused_with_a_short_reason(kind: str, value: Any) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_wish(kind, value)
    assert len(str(refused.value)) < 200


def test_names_are_unique_and_answers_are_few() -> None:
    assert len(KIND_OF) == len(KINDS)
    assert sum(kind.answers for kind in KINDS) < 1_000
    assert all(list(kind.bins) == sorted(set(kind.bins)) for kind in NUMBERS)


@given(kind=st.sampled_from(NUMBERS), share=st.floats(0, 1), side=st.sampled_from(["min", "max"]))
def test_a_number_further_off_never_scores_higher(kind: Kind, share: float, side: str) -> None:
    if kind.period:
        return
    limit = kind.bins[int(share * (len(kind.bins) - 1))]
    value, contradicts = kind.judge({side: limit})
    steps = np.diff(value if side == "min" else value[::-1])

    assert (steps >= 0).all()
    assert (contradicts == (value <= 0)).all()
    assert value[kind.answer_of(limit)] == 1


@each_of(
    ("name", "wish", "fact", "value"),
    [
        ("kitchen_area", {"min": 9}, 9.0, 1.0),
        ("kitchen_area", {"min": 9}, 8.9, 1 - 0.5 / 0.9),  # rounded to 8.5; 0.9 below the limit is worth nothing
        ("kitchen_area", {"min": 9}, 5.0, 0.0),
        ("floor", {"max": 5}, 6, 0.0),
        ("bathroom", {"any_of": ["separate"]}, "combined", 0.0),
        ("material", {"none_of": ["panel"]}, ["brick", "monolith"], 1.0),
        ("window_view", {"none_of": ["street"]}, ["yard", "street"], 0.0),
        ("parking", {"any_of": ["yard", "underground", "own_place"]}, [], 0.0),
        ("lift", True, False, 0.0),
        ("move_in", {"max": 244}, 258, 1 - 14 / 15),  # the 15th of September for the 1st
        ("move_in", {"max": 15}, 340, 1.0),  # December lies before January
        ("move_in", {"max": 15}, 0, 1.0),
        ("move_in", {"max": 0}, 0, 1.0),
        ("move_in", {"max": 0}, 258, 0.5),  # without a calendar nobody knows how far off a date is
    ],
)
def test_a_fact_is_judged_by_a_wish(name: str, wish: Any, fact: Any, value: float) -> None:
    kind = KIND_OF[name]
    values, contradicts = kind.judge(wish)
    answer = kind.answer_of(fact)

    assert values[answer] == pytest.approx(value)
    assert contradicts[answer] == (value == 0)


@each_of(
    ("name", "wish"),
    [
        ("lift", {"min": 1}),
        ("floor", {}),
        ("floor", {"min": "3"}),
        ("floor", {"least": 3}),
        ("material", {"any_of": ["glass"]}),
        ("material", ["brick"]),
        ("floor", True),
    ],
)
def test_a_value_of_another_form_is_refused(name: str, wish: Any) -> None:
    with pytest.raises(InvalidInputError):
        KIND_OF[name].judge(wish)


@each_of(
    ("name", "fact"), [("lift", 1), ("floor", "3"), ("floor", float("nan")), ("material", ["glass"]), ("bathroom", [])]
)
def test_a_fact_of_another_form_is_refused(name: str, fact: Any) -> None:
    with pytest.raises(InvalidInputError):
        KIND_OF[name].answer_of(fact)


@each_of(
    ("facts", "name", "value"),
    [
        ({"floor": 3}, "first_floor", False),
        ({"floor": 1}, "first_floor", True),
        ({"floor": 5, "house_floors": 9}, "last_floor", False),
        ({"pets": False}, "cats", False),
        ({"pets": True, "dogs": False}, "dogs", False),
        ({"cats": True}, "pets", True),
        ({"lift": False}, "cargo_lift", False),
        ({"year_built": 2015}, "house_type", "modern"),
        ({"floor": 3, "first_floor": True}, "first_floor", True),  # a stated fact stays
    ],
)
def test_facts_that_follow_from_other_facts(facts: dict[str, Any], name: str, value: Any) -> None:
    assert complete_facts(facts)[name] == value
