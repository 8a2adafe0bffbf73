"""
Hand-written leads on the real sales: which of their wishes the first ten entries violate, and how many a realtor could
send.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matching.engine.ranking import RankedLists
from matching.facts.records import LeadFacts
from scripts.benchmarks.evaluate import moscow
from scripts.benchmarks.evaluate.planted import LEAD_OWNER
from scripts.benchmarks.evaluate.sale_leads import LEADS, SaleLead
from scripts.benchmarks.evaluate.sales_table import SalesTable
from scripts.benchmarks.evaluate.truth import MET, NOT_STATED, VIOLATED

TOP = 10
MILLION = 1e6
#: A home so near to a wanted district, middle to middle, is one that a realtor would send as well.
NEAR_KM = 3.0
#: How far past the budget and the area a realtor still sends a home, as a share.
STRETCH = 0.05
#: Lower edges of the bands of the score, in points of 100.
BANDS = (0.0, 50.0, 60.0, 70.0, 80.0, 85.0, 90.0, 92.0, 94.0, 96.0)


class Named(Protocol):
    @property
    def name(self) -> str: ...


class Written(Protocol):
    """A hand-written lead."""

    @property
    def text(self) -> str: ...

    @property
    def wishes(self) -> Sequence[Named]: ...


@dataclass(frozen=True)
class Truth:
    """The true answers of each home to each lead, computed without the engine."""

    #: bool (leads, homes): a realtor would send it: no field and no wish is known to be violated.
    sendable: NDArray[np.bool_]
    #: For each lead int8 (wishes, homes): MET, NOT_STATED, VIOLATED.
    verdicts: list[NDArray[np.int8]]


@dataclass(frozen=True)
class Outcome:
    """The leads' lists against the truth."""

    leads: int
    wishes: int
    #: Share of wishes that one of the first ten violates, and of those where ten homes without a fault exist.
    violated: float
    avoidably_violated: float
    #: Share of (wish, home of the first ten) that is met, not told, violated.
    verdicts: tuple[float, float, float]
    #: Homes of the first ten that could be sent, and how many could have been at most.
    sent: float
    possible: float
    shortest: int
    #: For each of BANDS: listed pairs, and the share of them that a realtor would send (NaN for none).
    bands: list[tuple[int, float]]
    #: Per lead: text, sent, possible, names of the wishes avoidably violated.
    rows: list[tuple[str, int, int, list[str]]]


def lead_facts(lead: SaleLead) -> LeadFacts:
    """The lead in the engine's form."""
    return LeadFacts(
        owner=LEAD_OWNER,
        property_type="APARTMENT",
        price_min=lead.price[0] * MILLION,
        price_max=lead.price[1] * MILLION,
        area_min=lead.area[0] if lead.area else None,
        area_max=lead.area[1] if lead.area else None,
        rooms=lead.rooms,
        districts=lead.districts,
        metros=lead.metros,
        year_min=lead.year_min,
        text=lead.text,
    )


def truth(homes: SalesTable, leads: tuple[SaleLead, ...] = LEADS) -> Truth:
    verdicts = [
        np.array([wish.judge(homes) for wish in lead.wishes], np.int8).reshape(len(lead.wishes), len(homes))
        for lead in leads
    ]
    sendable = [
        _fields_hold(homes, lead) & ~(verdicts_of_lead == VIOLATED).any(axis=0)
        for lead, verdicts_of_lead in zip(leads, verdicts, strict=True)
    ]
    return Truth(np.array(sendable), verdicts)


def _fields_hold(homes: SalesTable, lead: SaleLead) -> NDArray[np.bool_]:
    low, high = (amount * MILLION for amount in lead.price)
    holds = np.isin(homes.rooms, lead.rooms)
    holds &= (homes.price >= low * (1 - 2 * STRETCH)) & (homes.price <= high * (1 + STRETCH))
    if lead.area:
        holds &= ~(homes.area < lead.area[0] * (1 - STRETCH)) & ~(homes.area > lead.area[1] * (1 + 2 * STRETCH))
    if lead.year_min:
        holds &= ~(homes.year < lead.year_min)
    if lead.districts or lead.metros:
        at_station = np.isin(homes.metro, lead.metros)
        near = np.nan_to_num(moscow.distances(homes.district, list(lead.districts)), nan=np.inf) <= NEAR_KM
        holds &= at_station | near
    return holds


def measure(lists: RankedLists, known: Truth, leads: Sequence[Written] = LEADS) -> Outcome:
    """*lists*: one row a lead, in order, of positions among the homes of *known*."""
    seen, violated, avoidably = np.zeros(3), 0, 0
    sent, possible, rows, wishes = [], [], [], 0
    for row, (lead, verdicts, sendable) in enumerate(zip(leads, known.verdicts, known.sendable, strict=True)):
        top = lists.row(row)[0][:TOP]
        shown = verdicts[:, top]
        seen += [(shown == verdict).sum() for verdict in (MET, NOT_STATED, VIOLATED)]
        faults = (shown == VIOLATED).any(axis=1)
        could_be = int(min(TOP, sendable.sum()))
        violated += int(faults.sum())
        avoidably += int(faults.sum()) if could_be == TOP else 0
        names = [wish.name for wish, fault in zip(lead.wishes, faults, strict=True) if fault and could_be == TOP]
        sent.append(int(sendable[top].sum()))
        possible.append(could_be)
        wishes += len(lead.wishes)
        rows.append((lead.text, sent[-1], could_be, names))
    return Outcome(
        leads=len(leads),
        wishes=wishes,
        violated=violated / wishes,
        avoidably_violated=avoidably / wishes,
        verdicts=tuple((seen / seen.sum()).tolist()),
        sent=float(np.mean(sent)),
        possible=float(np.mean(possible)),
        shortest=int(lists.lengths.min()),
        bands=_bands(lists, known.sendable),
        rows=rows,
    )


def _bands(lists: RankedLists, sendable: NDArray[np.bool_]) -> list[tuple[int, float]]:
    """The figures of each band of stored scores."""
    good = sendable[np.repeat(np.arange(len(lists)), lists.lengths), lists.columns]
    band = np.searchsorted(BANDS, lists.scores, side="right") - 1
    counts = np.bincount(band, minlength=len(BANDS))
    hits = np.bincount(band, weights=good, minlength=len(BANDS))
    return [(int(n), float(hit / n) if n else float("nan")) for n, hit in zip(counts, hits, strict=True)]


def as_markdown(outcome: Outcome) -> list[str]:
    """The figures of one set of leads, and its bands."""
    met, untold, violated = outcome.verdicts
    return [
        f"{outcome.leads} leads with {outcome.wishes} wishes that the listings can confirm or refute.",
        "",
        "| | |",
        "| --- | --- |",
        f"| wishes that one of the first {TOP} violates although {TOP} homes without a fault exist | "
        f"{outcome.avoidably_violated:.1%} |",
        f"| of the first {TOP}, homes that a realtor would send | "
        f"{outcome.sent:.1f} of {outcome.possible:.1f} possible |",
        f"| wishes of the first {TOP}: met, not told, violated | {met:.1%}, {untold:.1%}, {violated:.1%} |",
        f"| the shortest list | {outcome.shortest} homes |",
        "",
        "| score | pairs in lists | that a realtor would send |",
        "| --- | --- | --- |",
        *(
            f"| {_band(index)} | {pairs:,} | {f'{share:.0%}' if pairs else ''} |"
            for index, (pairs, share) in enumerate(outcome.bands)
        ),
    ]


def meaning(outcome: Outcome) -> list[str]:
    """The meaning of a score in words, with the shares of the bands above."""
    share = lambda low, high: _share(outcome, low, high)
    return [
        "### The meaning of a score",
        "",
        f"- **94 and more** (a 95): all wishes are met, as far as the listing states. A realtor would send "
        f"{share(94, 101)}.",
        "- **90 to 94** (a 90): everything that is stated is met at least in part; something is not stated, or the "
        f"home lies next door to where it should. {share(90, 94)}.",
        "- **80 to 90** (an 80): no wish is contradicted, but a field is off: another district, a room more or less, "
        f"the edge of budget or area. {share(80, 90)}.",
        f"- **50 to 80**: several fields are off. {share(50, 80)}.",
        "- **Below 50**: the listing is known to contradict a wish in words: "
        f"{share(0, 50)}. Each further contradiction takes another 12.5.",
    ]


def _share(outcome: Outcome, low: float, high: float) -> str:
    inside = [band for edge, band in zip(BANDS, outcome.bands, strict=True) if low <= edge < high]
    pairs = sum(n for n, _ in inside)
    return f"{sum(n * share for n, share in inside if n) / pairs:.0%}" if pairs else "none listed here"


def _band(index: int) -> str:
    return f"{BANDS[index]:g} to {BANDS[index + 1]:g}" if index + 1 < len(BANDS) else f"{BANDS[index]:g} and more"
