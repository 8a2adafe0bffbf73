"""Every entry's examples are read as the entry states; every kind can be expressed."""

from typing import Any

import pytest

from matching.reading.entry import Side
from matching.reading.grammar import ENTRIES, tree
from matching.reading.kind import Kind
from matching.reading.kinds import KIND_OF, KINDS
from matching.reading.lead_text import read_wishes
from matching.reading.listing_text import read_facts
from matching.reading.phrases import PhraseTree, slots_of
from scripts.benchmarks.evaluate.reading_corpus import shown
from tests.tables import each_of

LEAD_EXAMPLES = [(entry.kind, text, value) for entry in ENTRIES for text, value in entry.lead.items()]
LISTING_EXAMPLES = [(entry.kind, text, value) for entry in ENTRIES for text, value in entry.listing.items()]


@each_of(("kind", "text", "value"), LEAD_EXAMPLES)
def test_a_leads_example_is_read_as_its_entry_says(kind: str, text: str, value: Any) -> None:
    found = [shown(kind, wish.value) for wish in read_wishes(text) if wish.kind == kind]

    assert found == ([] if value is None else [shown(kind, value)])


@each_of(("kind", "text", "value"), LISTING_EXAMPLES)
def test_a_listings_example_is_read_as_its_entry_says(kind: str, text: str, value: Any) -> None:
    found = [shown(kind, fact.value) for fact in read_facts(text) if fact.kind == kind]

    assert found == ([] if value is None else [shown(kind, value)])


@each_of("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_has_an_example_of_a_lead(kind: Kind) -> None:
    assert any(name == kind.name and value is not None for name, _, value in LEAD_EXAMPLES)


@each_of("kind", [kind for kind in KINDS if kind.name != "price_cap"], ids=lambda kind: kind.name)
def test_every_kind_but_a_price_has_an_example_of_a_listing(kind: Kind) -> None:
    assert any(name == kind.name and value is not None for name, _, value in LISTING_EXAMPLES)


def test_entries_are_of_known_kinds_and_say_known_values() -> None:
    for entry in ENTRIES:
        kind = KIND_OF[entry.kind]
        for rule in entry.rules:
            assert list(slots_of(rule.phrases)), (entry.kind, rule)
            if isinstance(rule.value, dict):
                kind.judge(rule.value)
            elif rule.value is not None and not (
                kind.form == "choice" and not kind.many and isinstance(rule.value, list)
            ):
                kind.answer_of(rule.value)


def test_every_wish_read_can_be_judged_and_every_fact_answered() -> None:
    for _, text, _ in LEAD_EXAMPLES:
        for wish in read_wishes(text):
            KIND_OF[wish.kind].judge(wish.value)
    for _, text, _ in LISTING_EXAMPLES:
        for fact in read_facts(text):
            assert 0 <= KIND_OF[fact.kind].answer_of(fact.value) < KIND_OF[fact.kind].answers


def test_phrases_that_differ_only_at_their_beginning_share_the_nodes_of_their_ends() -> None:
    phrases = {"(a/b) [c] (d/e) _ (g/h i)": "choices", "b c d x": "more"}
    tree = PhraseTree([(slots, meaning) for text, meaning in phrases.items() for slots in slots_of(text)], str)
    a, b = tree.root.follows["a"], tree.root.follows["b"]

    assert a.follows["d"] is a.follows["e"] is b.follows["d"] is b.follows["c"].follows["e"]
    assert b.follows["c"].follows["d"].follows["x"].ends == ["more"]
    assert "x" not in a.follows["d"].follows
    assert [a.follows["d"].follows[word].ends for word in ("g", "h")] == [["choices"], ()]


@pytest.mark.parametrize("side", ["lead", "listing"])
def test_the_phrases_of_a_side_need_few_nodes(side: Side) -> None:
    """Every process that reads holds them: without sharing, a choice of words times another is ten thousand nodes."""
    nodes, waiting = {}, [tree(side).root]
    while waiting:
        node = waiting.pop()
        if id(node) not in nodes:
            nodes[id(node)] = node
            waiting += node.follows.values()

    assert len(nodes) < 20_000
