"""The effect of a few extra entries after the end of leads' lists on new listings that are in hardly any list."""

from dataclasses import dataclass

import numpy as np

from matching.engine.explore import MIN_LISTS_SEEN, Explored, explore
from matching.engine.ranking import RankedLists
from scripts.benchmarks.evaluate import metrics
from scripts.benchmarks.evaluate.planted import BLURS, Listing, plant
from scripts.benchmarks.evaluate.rankers import Town, leadmatch

SLOTS = (0, 1, 3, 5)
#: The newest of the listings, as a share, count as new.
NEW = 0.1
#: Nights that follow each other: each draws again.
NIGHTS = 7


@dataclass(frozen=True)
class Chance:
    """One number of extra entries in one market."""

    leads: int
    slots: int
    unseen: int
    #: Share of new listings that nobody was offered: on one day, and over NIGHTS of them.
    never_offered: float
    never_offered_in_a_week: float
    #: Offers that an unseen listing gets in a day on average, and the most.
    offers: float
    max_offers: int
    expected_matches: float
    #: Of the explored entries.
    mean_score: float


def compare(listings: list[Listing], n_leads: int, seed: int) -> list[Chance]:
    """Leads of medium blur among all listings, and a tenth of the leads: then lists hold few of the listings."""
    return [chance for leads in (n_leads, max(1, n_leads // 10)) for chance in _chances(listings, leads, seed)]


def _chances(listings: list[Listing], n_leads: int, seed: int) -> list[Chance]:
    leads, _ = plant(listings, BLURS[1], n_leads, np.random.default_rng(seed))
    lists = leadmatch(Town.of(leads, listings))
    ids = np.array([listing.id for listing in listings], np.int64)
    is_new = ids >= np.quantile(ids, 1 - NEW)
    listed = np.bincount(lists.for_leads.columns, minlength=len(ids))
    unseen = is_new & (listed < MIN_LISTS_SEEN)
    chances = []
    for slots in SLOTS:
        nights = [
            explore(lists.for_leads, lists.for_properties, np.arange(n_leads), ids, is_new, slots, night)
            for night in range(NIGHTS)
        ]
        offered = [np.bincount(night.properties, minlength=len(ids)) for night in nights]
        longer = _appended(lists.for_leads, nights[0])
        chances.append(
            Chance(
                n_leads,
                slots,
                int(unseen.sum()),
                float((listed + offered[0] == 0)[is_new].mean()),
                float((listed + sum(offered) == 0)[is_new].mean()),
                float(offered[0][unseen].mean()) if unseen.any() else 0.0,
                int(offered[0].max(initial=0)),
                metrics.expected_matches(longer, lists.for_properties),
                float(nights[0].scores.mean()) if len(nights[0].scores) else float("nan"),
            )
        )
    return chances


def _appended(lists: RankedLists, explored: Explored) -> RankedLists:
    """Lists with the extra entries appended."""
    rows = np.concatenate([np.repeat(np.arange(len(lists)), lists.lengths), explored.leads])
    order = np.argsort(rows, kind="stable")
    columns, scores = (
        np.concatenate(both)[order] for both in ((lists.columns, explored.properties), (lists.scores, explored.scores))
    )
    return RankedLists(np.searchsorted(rows[order], np.arange(len(lists) + 1)), columns, scores)


def as_markdown(chances: list[Chance], n_listings: int) -> list[str]:
    before = {chance.leads: chance.expected_matches for chance in chances if chance.slots == 0}
    return [
        "## Exploration",
        "",
        "Exploration is off until ops give a market slots (`leadmatch markets explore`). A new listing in fewer than",
        f"{MIN_LISTS_SEEN} lists (*unseen*) is offered to some of the leads in its own list, after the last entry of",
        "theirs. The lists themselves stay the exact best hundred, so no entry is lost and there is no cost in",
        f"rank; the cost is a longer list. Leads of medium blur, {n_listings:,} listings, the newest {NEW:.0%}",
        "new. Expected mutual likes as above,",
        "including the places after the hundredth.",
        "",
        "| leads | unseen | slots | new listings offered to nobody | "
        f"... in {NIGHTS} nights | offers an unseen listing gets a day, mean / most | their mean score | "
        "expected mutual likes |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(
            f"| {chance.leads:,} | {chance.unseen:,} | {chance.slots} | {chance.never_offered:.1%} | "
            f"{chance.never_offered_in_a_week:.1%} | {chance.offers:.1f} / {chance.max_offers} | "
            f"{'' if np.isnan(chance.mean_score) else f'{chance.mean_score:.1f}'} | "
            f"{chance.expected_matches:.1f} ({chance.expected_matches / before[chance.leads] - 1:+.2%}) |"
            for chance in chances
        ),
        "",
        "It matters where there are many listings per lead; where there are many leads, lists include nearly every "
        "listing.",
    ]
