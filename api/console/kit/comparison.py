"""A side-by-side comparison of homes for a lead, by criterion and by wish."""

from dataclasses import dataclass

from flask import request

from api.console.kit.formatting import grade
from api.console.kit.i18n import translate
from api.console.kit.readings import describe_reading
from api.console.kit.row_ids import ids_in
from api.console.kit.score_reasons import NAMES, OUTCOMES, VERDICTS, fact_of, wish_of
from api.http.db import session
from api.http.explanations import explanations_of_pairs
from matching.engine.explain import CriterionShare, WishShare
from models.market.leads import Lead
from models.market.properties import Property

#: The maximum number of homes in a comparison.
MAX_HOMES = 4


@dataclass(frozen=True)
class Cell:
    """One home's value; *kind* is good, fair, poor or unknown."""

    fact: str
    verdict: str
    kind: str


@dataclass(frozen=True)
class Row:
    """One criterion or wish: the wanted value, and each home's value, in the order of the homes."""

    name: str
    requested: str
    cells: list[Cell]


def homes_of_address() -> list[int]:
    """The ids in the address, given as `ids=3,7` or by ticked boxes."""
    ids = [*request.args.get("ids", "").split(","), *request.args.getlist("home")]
    return ids_in(ids)[:100]


def compared(lead: Lead, homes: list[Property]) -> tuple[list[float | None], list[Row]]:
    """The score of each home, and the lead's criteria and wishes with each home's value, by descending weight."""
    explained = explanations_of_pairs(session(), [lead], homes) if homes else []
    criteria = [{share.criterion: share for share in each.criteria if share.stated} for each in explained]
    wishes = [{share.kind: share for share in each.wishes} for each in explained]
    return [each.score for each in explained], [*_of_criteria(lead, homes, criteria), *_of_wishes(wishes)]


def _of_criteria(lead: Lead, homes: list[Property], shares: list[dict[str, CriterionShare]]) -> list[Row]:
    """Rows of criteria, by descending weight."""
    weights = {name: share.weight for each in shares for name, share in each.items() if name in NAMES}
    return [
        Row(
            translate(NAMES[name]),
            wish_of(name, lead),
            [_criterion(name, listing, each.get(name)) for listing, each in zip(homes, shares, strict=True)],
        )
        for name in sorted(weights, key=lambda name: -weights[name])
    ]


def _criterion(name: str, listing: Property, share: CriterionShare | None) -> Cell:
    if share is None or not share.known:
        return Cell("—", translate("not stated"), "unknown")
    kind = grade(100 * share.value)
    return Cell(fact_of(name, listing), translate(VERDICTS[kind]), kind)


def _of_wishes(shares: list[dict[str, WishShare]]) -> list[Row]:
    """Rows of wishes, in the lead's order."""
    kinds = {kind: share for each in shares for kind, share in each.items()}
    return [
        Row(describe_reading(kind, share.value), "", [_wish(each[kind] if kind in each else None) for each in shares])
        for kind, share in kinds.items()
    ]


def _wish(share: WishShare | None) -> Cell:
    sign, verdict, kind = OUTCOMES[share.outcome if share is not None else "not_told"]
    return Cell(sign, translate(verdict), kind)
