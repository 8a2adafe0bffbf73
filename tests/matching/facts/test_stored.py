"""Facts and wishes of stored rows: a cached answer is used only for its own value."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matching.errors import InvalidInputError
from matching.facts.stored import usable_facts, usable_wishes
from matching.facts.wishes import answer_of, answer_table, frozen, thawed
from matching.reading.kinds import KIND_OF, KINDS, complete_facts
from tests.length import examples

_SCALARS = st.none() | st.booleans() | st.integers(-5, 60) | st.floats(-5, 60) | st.sampled_from(["brick", "", "yard"])
_JSON = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["min", "max", "any_of"]), inner, max_size=2)
    ),
    max_leaves=4,
)
_FACTS = st.dictionaries(st.sampled_from([kind.name for kind in KINDS] + ["no such kind"]), _JSON, max_size=8)


def _answer(kind, value, of=answer_of):
    try:
        return of(kind, value)
    except InvalidInputError:
        return None


@given(st.sampled_from([kind.name for kind in KINDS]), st.lists(_JSON, min_size=1, max_size=4))
@example("balcony", [True, 1, 1.0, [True]])
@example("floor", [1, True, 1.0, {"min": 1}])
@example("material", [["brick"], "brick", [["brick"]]])
@settings(max_examples=examples(100, 2000))
def test_a_remembered_answer_is_that_of_the_kind(kind, values):
    for value in values:
        assert _answer(kind, value) == _answer(kind, value, of=lambda name, fact: KIND_OF[name].answer_of(fact))


@given(_FACTS)
@settings(max_examples=examples(100, 2000))
def test_facts_derived_from_usable_facts_are_usable(facts):
    complete = complete_facts(usable_facts(facts))
    assert usable_facts(complete) == complete


@given(st.lists(_FACTS.map(usable_facts), max_size=4))
@settings(max_examples=examples(50, 1000))
def test_a_table_of_answers_is_that_of_each_row(rows):
    table = answer_table(rows)
    for facts, answers in zip(rows, table, strict=True):
        assert answers.tolist() == [
            answer_of(kind.name, facts[kind.name]) if kind.name in facts else -1 for kind in KINDS
        ]


def test_a_table_names_a_kind_that_it_does_not_know():
    with pytest.raises(InvalidInputError, match="no such kind"):
        answer_table([{"balcony": True}, {"no such kind": True}])


@given(st.sampled_from([kind.name for kind in KINDS]), _JSON)
@settings(max_examples=examples(100, 2000))
def test_a_wish_is_usable_if_its_kind_can_judge_it(kind, value):
    try:
        KIND_OF[kind].judge(value)
        judged = True
    except InvalidInputError:
        judged = False
    assert bool(usable_wishes([(kind, value, "must")])) is judged
    assert thawed(frozen(value)) == value
