"""Exploration: new properties that are in hardly any lead's list are offered after the end of a few lists.

A new property that is in fewer than :data:`MIN_LISTS_SEEN` leads' lists is *unseen*: others are better for every lead,
so nobody views it and nobody can find out whether it would be liked. Its own list contains the leads that suit it best,
with deal-breakers and scores already applied. From these, :data:`MAX_OFFERS_OF_UNSEEN` leads are drawn. Each lead
accepts as many of the properties drawn for it as it has *slots*. The lists themselves do not change: explored offers
follow the last entry of a lead's list and have lower scores than all entries.

The draw is fair: chance, not score, decides among an unseen property's leads and among the properties drawn for a lead.
Chance is a hash of (lead, property, draw), so every computation gives the same result, and another draw gives another.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.incremental import NO_PAIRS
from matching.engine.ranking import RankedLists
from matching.errors import InvalidInputError

MIN_LISTS_SEEN = 3
#: The most leads that an unseen property is offered to.
MAX_OFFERS_OF_UNSEEN = 20
#: The most slots of a lead.
MAX_SLOTS = 5


@dataclass(frozen=True)
class Explored:
    """n offers, grouped by lead, for each lead the best first: rows of leads and of properties, and scores."""

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
    The properties to offer to leads after the end of their lists.

    Args:
        for_leads: Row *i* is the list of lead ``lead_ids[i]``; its columns are rows of properties.
        for_properties: Row *j* is the list of property ``property_ids[j]``; its columns are rows of leads.
        is_new: (properties,)
        slots: The slots of each lead, 0 to MAX_SLOTS.
        draw: Any number from 0; another number gives another draw.
        excluded_for_leads: (n, 2) rows (lead, property) of pairs that leads have acted on. The leads' lists leave them
            out whatever their score, but the properties' lists do not, so they must not be offered again here.
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
    drawn = _first_of_each(column[free], chance, MAX_OFFERS_OF_UNSEEN)
    taken = drawn[_first_of_each(lead[free][drawn], chance[drawn], slots)]
    entries = free[taken]
    order = np.lexsort((property_ids[column[entries]], -for_properties.scores[entries], lead[entries]))
    entries = entries[order]
    return Explored(lead[entries], column[entries], for_properties.scores[entries])


def _first_of_each(group: NDArray[np.integer], by: NDArray[np.uint64], maximum: int) -> NDArray[np.intp]:
    """The indices of the *maximum* smallest entries of each group."""
    order = np.lexsort((by, group))
    ordered = group[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return order[rank < maximum]


def _hashed(left: NDArray[np.int64], right: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """Pseudorandom numbers that depend only on the arguments (the mixing step of SplitMix64, Steele 2014)."""
    mixed = np.full(len(left), seed, np.uint64)
    for part in (left, right):
        mixed = (mixed ^ part.astype(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return mixed
