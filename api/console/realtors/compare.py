"""Up to four homes of a lead side by side, criterion by criterion and wish by wish."""

from dataclasses import dataclass

from flask import render_template, request

from api.console.kit.access import page_for, visitor
from api.console.kit.formatting import grade
from api.console.kit.i18n import translate
from api.console.kit.pages import page_blueprint
from api.console.kit.readings import describe_reading
from api.console.kit.score_reasons import NAMES, OUTCOMES, VERDICTS, fact_of, wish_of
from api.http.db import session
from api.http.explanations import explanations_of_pairs
from matching.engine.explain import CriterionShare, WishShare
from models.core.enums import SUPPLY_ROLES
from models.deals.selections import offered_homes
from models.market.leads import Lead, owned_lead
from models.market.properties import Property

blp = page_blueprint("compare")

MOST = 4


@dataclass(frozen=True)
class Cell:
    """What one home has; *kind* is good, fair, poor or unknown."""

    fact: str
    verdict: str
    kind: str


@dataclass(frozen=True)
class Row:
    """One criterion or wish: what is wanted, and what each home has, in the order of the homes."""

    name: str
    wanted: str
    cells: list[Cell]


@blp.get("/console/leads/<int:lead_id>/compare")
@page_for(*SUPPLY_ROLES)
def compare(lead_id: int) -> str:
    """The homes that the address names, as `ids=3,7` or as ticked boxes; others than the first four are left out."""
    lead = owned_lead(session(), visitor(), lead_id)
    asked = [*request.args.get("ids", "").split(","), *request.args.getlist("home")]
    ids = [int(each) for each in asked if each.isascii() and each.isdigit() and len(each) < 19]
    offered = offered_homes(session(), lead, ids[:100])
    homes = [found for found in offered if found.owner_id != lead.owner_id][:MOST]
    explained = explanations_of_pairs(session(), [lead], homes) if homes else []
    criteria = [{share.criterion: share for share in each.criteria if share.stated} for each in explained]
    wishes = [{share.kind: share for share in each.wishes} for each in explained]
    return render_template(
        "console/compare.html",
        lead=lead,
        homes=homes,
        scores=[each.score for each in explained],
        rows=[*_of_criteria(lead, homes, criteria), *_of_wishes(wishes)],
        left_out=max(0, len(offered) - len(homes)),
    )


def _of_criteria(lead: Lead, homes: list[Property], shares: list[dict[str, CriterionShare]]) -> list[Row]:
    """The weightiest first."""
    weights = {name: share.weight for each in shares for name, share in each.items() if name in NAMES}
    return [
        Row(
            translate(NAMES[name]),
            wish_of(name, lead),
            [_criterion(name, found, each.get(name)) for found, each in zip(homes, shares, strict=True)],
        )
        for name in sorted(weights, key=lambda name: -weights[name])
    ]


def _criterion(name: str, found: Property, share: CriterionShare | None) -> Cell:
    if share is None or not share.known:
        return Cell("—", translate("not told"), "unknown")
    kind = grade(100 * share.value)
    return Cell(fact_of(name, found), translate(VERDICTS[kind]), kind)


def _of_wishes(shares: list[dict[str, WishShare]]) -> list[Row]:
    """In the order in which the lead says them."""
    kinds = {kind: share for each in shares for kind, share in each.items()}
    return [
        Row(describe_reading(kind, share.value), "", [_wish(each[kind] if kind in each else None) for each in shares])
        for kind, share in kinds.items()
    ]


def _wish(share: WishShare | None) -> Cell:
    sign, verdict, kind = OUTCOMES[share.outcome if share is not None else "not_told"]
    return Cell(sign, translate(verdict), kind)
