"""The words of leads and listings in the engine's terms, read as they are when somebody stores them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from matching.facts.records import LeadFacts, PropertyFacts
from matching.reading.kinds import JsonValue, complete_facts
from matching.reading.lead_text import Wish, read_wishes
from matching.reading.listing_text import read_facts


def understood_lead(lead: LeadFacts) -> LeadFacts:
    """The lead with the wishes of its text added. The text stays whole, as it does when a lead is stored."""
    wishes = [(wish.kind, wish.value, wish.strength) for wish in _wishes(lead.text)]
    return replace(lead, wishes=[*lead.wishes, *wishes])


def understood_home(facts: PropertyFacts) -> PropertyFacts:
    """The home with the facts of its text; fields take precedence."""
    return replace(facts, facts=complete_facts({**_facts(facts.text), **facts.facts}))


@lru_cache(maxsize=100_000)
def _wishes(text: str) -> Sequence[Wish]:
    return read_wishes(text)


@lru_cache(maxsize=100_000)
def _facts(text: str) -> dict[str, JsonValue]:
    return {fact.kind: fact.value for fact in read_facts(text)}
