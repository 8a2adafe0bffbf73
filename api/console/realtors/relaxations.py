"""
«What stands in the way?»: the limits and wishes of a lead that could be relaxed, and how many more homes each would
bring.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from flask import Response, jsonify, render_template

from api.console.kit.access import page_for, visitor
from api.console.kit.form_definitions import ROOMS, plain_text
from api.console.kit.formatting import number, price_of, town_of
from api.console.kit.i18n import translate
from api.console.kit.pages import page_blueprint, wants_part
from api.console.kit.readings import describe_reading
from api.console.kit.score_reasons import rooms_of, wish_of
from api.http.db import session
from api.http.tasks import count_relaxations
from matching.reading.cut_words import without_words
from models.core.enums import SUPPLY_ROLES, Status
from models.market.leads import Lead, owned_lead
from models.ranking.relaxations import USEFUL_SCORE, LeadRelaxations, are_fresh, relaxations_of

blp = page_blueprint("relaxations")

for_realtors = page_for(*SUPPLY_ROLES)

_BUDGET, _AREA, _PLACE = "requirements.budget.", "requirements.area.", "requirements.location."
#: Names of relaxations -> its control, the sentence about its value, the criterion of its current value.
_AMOUNTS = {
    "price_max": (_BUDGET + "max", "Budget up to {value}", "price"),
    "price_min": (_BUDGET + "min", "Budget from {value}", "price"),
    "area_max": (_AREA + "max", "Area up to {value} m²", "area"),
    "area_min": (_AREA + "min", "Area from {value} m²", "area"),
}
#: The same for dropped requirements.
_DROPPED = {
    "districts": (_PLACE + "districts", "Without the districts", "location"),
    "metros": (_PLACE + "metro_stations", "Without the metro stations", "location"),
    "property_type": ("requirements.property_type", "Any type", "property_type"),
    "property_class": ("requirements.property_class", "Any class", "property_class"),
    "condition": ("requirements.condition", "Any condition", "condition"),
    "year_min": (None, "Built in any year", "year"),
}


class Proposal(NamedTuple):
    """One line of the page."""

    key: str
    words: str  #: The relaxed requirement.
    now: str  #: The current requirement; empty if the words contain it.
    homes: int
    can_edit: bool  #: Whether the form of a lead has a control for it.


@blp.get("/console/leads/<int:lead_id>/relaxations")
@for_realtors
def page(lead_id: int) -> str:
    lead = owned_lead(session(), visitor(), lead_id)
    counted = relaxations_of(session(), lead)
    if lead.status is Status.ACTIVE and not wants_part() and not are_fresh(session(), counted):
        count_relaxations(lead)
    rows = [] if counted is None else counted.rows
    # Without either of two words, both wishes may be gone: «не первый и не последний этаж».
    proposals = {each.words: each for each in (_proposal(lead, row) for row in rows)}.values()
    return render_template(
        "console/realtors/relaxations.html",
        part=wants_part(),
        lead=lead,
        counts=counted,
        minimum=round(USEFUL_SCORE),
        proposals=[each for each in proposals if each.homes],
        idle=[each.words for each in proposals if not each.homes],
        **_state(lead, counted),
    )


@blp.get("/console/leads/<int:lead_id>/relaxations/state")
@for_realtors
def state(lead_id: int) -> Response:
    """Whether the page is out of date."""
    lead = owned_lead(session(), visitor(), lead_id)
    return jsonify(_state(lead, relaxations_of(session(), lead)))


def relaxed_values(lead: Lead, key: str) -> dict[str, Any]:
    """
    The controls of the lead's form that a proposal changes, with their new values; empty if the lead has changed since
    the counting.
    """
    counted = relaxations_of(session(), lead)
    row = next((row for row in counted.rows if _key(row) == key), None) if counted is not None else None
    return {} if row is None else _values(lead, row)


def _state(lead: Lead, counted: LeadRelaxations | None) -> dict[str, Any]:
    stamp = "none" if counted is None else f"{counted.counted_at:%Y%m%d%H%M%S%f}"
    return {"stamp": f"{lead.version}-{stamp}", "follows": counted is None and lead.status is Status.ACTIVE}


def _key(row: Mapping[str, Any]) -> str:
    changes = row["changes"]
    if row["name"] == "words":
        return f"words-{changes['start']}-{changes['end']}"
    return f"stated-{changes['kind']}" if row["name"] == "stated" else str(row["name"])


def _proposal(lead: Lead, row: Mapping[str, Any]) -> Proposal:
    words, now = _words(lead, row)
    return Proposal(_key(row), words, now, row["homes"], bool(_values(lead, row)))


def _words(lead: Lead, row: Mapping[str, Any]) -> tuple[str, str]:
    name, changes = row["name"], row["changes"]
    if name in _AMOUNTS:
        _, sentence, criterion = _AMOUNTS[name]
        value = Decimal(str(changes[name]))
        shown = price_of(lead, value, short=True) if criterion == "price" else number(value, 1)
        return translate(sentence, value=shown), wish_of(criterion, lead)
    if name in _DROPPED:
        _, sentence, criterion = _DROPPED[name]
        return translate(sentence), wish_of(criterion, lead)
    if name in ("rooms_fewer", "rooms_more"):
        return translate("Rooms: {rooms}", rooms=rooms_of(changes["rooms"])), rooms_of(lead.rooms)
    if name == "place_scope":
        near = (
            "Neighbouring places are nearly as good"
            if changes["place_scope"]
            else "Neighbouring places count too, a little less"
        )
        return translate(near), wish_of("location", lead)
    if name == "places":
        return translate("Anywhere in {city}", city=town_of(lead)), wish_of("location", lead)
    wishes = ", ".join(describe_reading(wish["kind"], wish["value"]) for wish in row["wishes"])
    return translate("Without the wish: {wish}", wish=wishes), ""


def _values(lead: Lead, row: Mapping[str, Any]) -> dict[str, Any]:
    """The form's controls for a proposal; empty if there are none."""
    name, changes = row["name"], row["changes"]
    if name in _AMOUNTS:
        return {_AMOUNTS[name][0]: plain_text(Decimal(str(changes[name])))}
    if name in _DROPPED:
        path = _DROPPED[name][0]
        return {} if path is None else {path: ""}
    match name:
        case "rooms_fewer" | "rooms_more":
            shown = set(changes["rooms"]) <= set(ROOMS)
            return {"requirements.rooms": [str(each) for each in changes["rooms"]]} if shown else {}
        case "place_scope":
            return {_PLACE + "scope": changes["place_scope"]}
        case "places":
            return {_PLACE + "districts": "", _PLACE + "metro_stations": ""}
        case "payment_method":
            return {"requirements.payment_method": ""}
        case "words":
            cut = without_words(lead.additional_requirements or "", changes["start"], changes["end"])
            return {"requirements.additional_requirements": cut}
    return {}
