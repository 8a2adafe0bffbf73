"""A chance for new properties that hardly any lead's list has room for: a few places after its end.

A new property that stands in fewer than :data:`MIN_LISTS_SEEN` leads' lists is *unseen*: others are better for every
lead, so nobody looks at it, and nobody can find out that it is liked. Its own list names the leads that suit it best,
deal- breakers and scores settled. From these, :data:`CHANCES` are drawn; each lead takes in as many of those drawn for
it as it has *slots*. Lists themselves are untouched: what is explored comes after the last entry of a lead's list, and
scores less than all of them.

Fair: among an unseen property's leads, and among the properties that a lead could take in, chance decides, not score.
Chance is a hash of (lead, property, draw): whoever computes it gets the same, and the next draw is another.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.incremental import NO_PAIRS
from matching.engine.ranking import RankedLists
from matching.errors import InvalidInputError

MIN_LISTS_SEEN = 3
#: Leads that an unseen property is offered to at most.
CHANCES = 20
#: Slots of a lead, at most.
MAX_SLOTS = 5


@dataclass(frozen=True)
class Explored:
    """n offers by lead, in each the best first: rows of leads and of properties, and scores."""

    leads: NDArray[np.int64]
    properties: NDArray[np.int64]
    scores: NDArray[np.float32]


def explore(
    for_leads: RankedLists,
    for_properties: RankedLists,
    lead_ids: NDArray[np.int64],
    property_ids: NDArray[np.int64],
    is_new: NDArray[np.bool_],
    slots: int,
    draw: int,
    excluded_for_leads: NDArray[np.int64] = NO_PAIRS,
) -> Explored:
    """
    What leads are offered after the end of their lists.

    Args:
        for_leads: Row *i*, the list of lead ``lead_ids[i]``, has rows of properties for columns.
        for_properties: Row *j*, the list of property ``property_ids[j]``, has rows of leads for columns.
        is_new: (properties,)
        slots: Of each lead, 0 to MAX_SLOTS.
        draw: Any number from 0; another one draws anew.
        excluded_for_leads: (n, 2) rows (lead, property) of pairs that leads have acted on. Their lists leave them out,
            whatever they score, and the properties' do not: what somebody has disliked is no news to them.
    """
    if not 0 <= slots <= MAX_SLOTS:
        raise InvalidInputError(f"a lead has 0 to {MAX_SLOTS} slots, not {slots}")
    width = len(for_properties)
    unseen = is_new & (np.bincount(for_leads.columns, minlength=width) < MIN_LISTS_SEEN)
    column = np.repeat(np.arange(width), for_properties.lengths)
    lead = for_properties.columns.astype(np.int64)
    listed = np.repeat(np.arange(len(for_leads)), for_leads.lengths) * width + for_leads.columns
    known = np.concatenate([listed, excluded_for_leads[:, 0] * width + excluded_for_leads[:, 1]])
    free = np.flatnonzero(unseen[column] & ~np.isin(lead * width + column, known))
    chance = _hashed(lead_ids[lead[free]], property_ids[column[free]], draw)
    drawn = _first_of_each(column[free], chance, CHANCES)
    taken = drawn[_first_of_each(lead[free][drawn], chance[drawn], slots)]
    entries = free[taken]
    order = np.lexsort((property_ids[column[entries]], -for_properties.scores[entries], lead[entries]))
    entries = entries[order]
    return Explored(lead[entries], column[entries], for_properties.scores[entries])


def _first_of_each(group: NDArray[np.integer], by: NDArray[np.uint64], most: int) -> NDArray[np.intp]:
    """Where the *most* smallest of each group are."""
    order = np.lexsort((by, group))
    ordered = group[order]
    place = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return order[place < most]


def _hashed(left: NDArray[np.int64], right: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """Numbers that look random and depend on nothing but the three (the mixing step of SplitMix64, Steele 2014)."""
    mixed = np.full(len(left), seed, np.uint64)
    for part in (left, right):
        mixed = (mixed ^ part.astype(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return mixed
