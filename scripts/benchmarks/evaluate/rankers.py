"""The engine and the baselines. Each returns for every lead a list of at most K listings, best first."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching.engine.criteria import DEFAULT_WEIGHTS, Weights
from matching.engine.pairs import pair_scores
from matching.engine.ranking import RankedLists
from matching.engine.text import TextModel
from matching.engine.topk import Market, MarketLists, score_market
from matching.engine.vectorize import lead_vectors, property_vectors
from matching.facts.columns import LeadColumns, LeadFacts, PlaceIndex, PropertyColumns, learn_closeness
from scripts.benchmarks.evaluate.bm25 import BM25
from scripts.benchmarks.evaluate.planted import Listing
from scripts.benchmarks.evaluate.understand import understood_home, understood_lead

K = 100
#: What the best BM25 score of a lead adds to criteria that know no text, in points of 100.
BM25_POINTS = 5
CRITERIA_AND_BM25 = f"criteria + {BM25_POINTS} x BM25 / max"


@dataclass(frozen=True)
class Town:
    """The leads and listings of one evaluation, as facts and as arrays."""

    leads: list[LeadFacts]
    listings: list[Listing]
    #: What the leads' fields and words mean, with the neighbours of the places that they name.
    lead_columns: LeadColumns
    property_columns: PropertyColumns
    #: The fields alone: no wishes, no words, no neighbours.
    field_columns: LeadColumns

    @classmethod
    def of(cls, leads: list[LeadFacts], listings: list[Listing]) -> "Town":
        places = PlaceIndex()
        homes = [understood_home(listing.facts) for listing in listings]
        properties = PropertyColumns.from_facts(homes, places)
        closeness = learn_closeness(properties, places)
        understood = LeadColumns.from_facts([understood_lead(lead) for lead in leads], places, closeness)
        bare = [replace(lead, text="", wishes=()) for lead in leads]
        return cls(leads, listings, understood, properties, LeadColumns.from_facts(bare, places))


def leadmatch(town: Town, weights: Weights = DEFAULT_WEIGHTS) -> MarketLists:
    """The engine, in both directions."""
    model = TextModel.fit(town.property_columns.text, town.lead_columns.text)
    market = Market(
        lead_vectors(town.lead_columns, model, weights),
        property_vectors(town.property_columns, model),
    )
    return score_market(market, K)


def without_words(town: Town) -> MarketLists:
    """The engine on the leads' fields alone."""
    return leadmatch(replace(town, lead_columns=town.field_columns))


def passes_filter(town: Town, row: int) -> NDArray[np.bool_]:
    """The rows of a `WHERE`: everything that the lead states must hold exactly. Unknown values fail, as NULL does."""
    lead, listing = town.field_columns, town.property_columns
    keep = (listing.price >= lead.price_min[row]) & (listing.price <= lead.price_max[row])
    if not np.isnan(lead.area_min[row]):
        keep &= (listing.area >= lead.area_min[row]) & (listing.area <= lead.area_max[row])
    if lead.rooms[row].any():
        keep &= (listing.rooms >= 0) & lead.rooms[row][listing.rooms]
    for name in ("property_type", "property_class"):
        if getattr(lead, name)[row] >= 0:
            keep &= getattr(listing, name) == getattr(lead, name)[row]
    if not np.isnan(lead.year_min[row]):
        keep &= listing.year >= lead.year_min[row]
    for wanted, place in (
        (_wanted(lead, "district", row), listing.district),
        (_wanted(lead, "metro", row), _station(listing)),
    ):
        if len(wanted):
            keep &= np.isin(place, wanted)
    return keep


def _station(homes: PropertyColumns) -> NDArray[np.int32]:
    """The first station that each listing states, -1 for none."""
    stations = np.full(len(homes), -1, np.int32)
    has = np.diff(homes.metro_indptr) > 0
    stations[has] = homes.metro_codes[homes.metro_indptr[:-1][has]]
    return stations


def filter_by_date(town: Town) -> RankedLists:
    """The usual search page: hard filter, newest first."""
    newest = -np.array([listing.id for listing in town.listings])
    return _listed(len(town.leads), lambda row: _ordered(passes_filter(town, row), newest))


def filter_by_price(town: Town) -> RankedLists:
    """Hard filter, nearest to the middle of the budget first."""
    middle = (town.field_columns.price_min + town.field_columns.price_max) / 2
    distance = lambda row: np.abs(town.property_columns.price - middle[row])
    return _listed(len(town.leads), lambda row: _ordered(passes_filter(town, row), distance(row)))


def text_alone(town: Town) -> RankedLists:
    """Cosine of TF-IDF, all words, no SVD."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # takes longer to import than all else here

    vectorizer = TfidfVectorizer(sublinear_tf=True).fit(town.property_columns.text)
    homes = vectorizer.transform(town.property_columns.text).T.tocsc()
    likeness = (vectorizer.transform([lead.text for lead in town.leads]) @ homes).tocsr()
    row_of = lambda row: likeness.getrow(row).toarray().ravel()
    return _listed(len(town.leads), lambda row: _ordered(row_of(row) > 0, -row_of(row)))


def bm25_alone(town: Town) -> RankedLists:
    index = BM25(town.property_columns.text)

    def listed(row: int) -> NDArray[np.intp]:
        likeness = index.scores(town.leads[row].text)
        return _ordered(likeness > 0, -likeness)

    return _listed(len(town.leads), listed)


def criteria_and_bm25(town: Town) -> RankedLists:
    """The engine's criteria without any text, plus BM25 as a share of the lead's best: a baseline of a day's work."""
    leads = lead_vectors(town.field_columns, TextModel.empty())
    homes = property_vectors(town.property_columns, TextModel.empty())
    index = BM25(town.property_columns.text)

    def listed(row: int) -> NDArray[np.intp]:
        scores = pair_scores(leads.take(np.array([row])), homes).astype(np.float64)
        likeness = index.scores(town.leads[row].text)
        scores += BM25_POINTS * likeness / max(likeness.max(initial=0.0), 1e-9)
        return _ordered(~np.isnan(scores), -scores)

    return _listed(len(town.leads), listed)


def by_chance(town: Town) -> RankedLists:
    rng = np.random.default_rng(0)
    return _listed(len(town.leads), lambda row: rng.choice(len(town.listings), K, replace=False))


BASELINES: dict[str, Callable[[Town], RankedLists]] = {
    "SQL filter, newest first": filter_by_date,
    "SQL filter, by price": filter_by_price,
    "TF-IDF alone": text_alone,
    "BM25 alone": bm25_alone,
    CRITERIA_AND_BM25: criteria_and_bm25,
    "random": by_chance,
}


def _wanted(lead: LeadColumns, kind: str, row: int) -> NDArray[np.int32]:
    indptr, codes = getattr(lead, f"{kind}_indptr"), getattr(lead, f"{kind}_codes")
    return codes[indptr[row] : indptr[row + 1]]


def _ordered(keep: NDArray[np.bool_], by: NDArray) -> NDArray[np.intp]:
    kept = np.flatnonzero(keep)
    return kept[np.argsort(by[kept], kind="stable")][:K]


def _listed(n: int, row_list: Callable[[int], NDArray[np.intp]]) -> RankedLists:
    """Lists of positions; only the order of the scores is used."""
    rows = [row_list(row) for row in range(n)]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    scores = [np.linspace(100, 0, len(row), endpoint=False, dtype=np.float32) for row in rows]
    return RankedLists(indptr, np.concatenate(rows).astype(np.int32), np.concatenate(scores))
