"""A buyer's requests: the list, one with its ranked offers, the form, and a form filled from pasted words."""

from typing import Any, cast

from flask import Response, render_template, request

from api.console.kit import forms
from api.console.kit.access import page_for, visitor
from api.console.kit.edits import original_values, read_edit
from api.console.kit.forms import Control
from api.console.kit.i18n import translate
from api.console.kit.pages import back, listed, page_blueprint, page_number, wants_part
from api.console.kit.score_reasons import render_reasons
from api.console.kit.typed_values import currency_of_town
from api.console.realtors.pasting import pasted_text, quotes_of
from api.exchange.pasted_text import lead_of_text
from api.exchange.schemas import WANTED_TYPES
from api.http.db import session
from api.http.explanations import explanations_of_pairs
from api.http.readings import wish_columns
from api.http.tasks import rescore_lead
from api.portal.requests import RequestBody, request_columns, request_row
from models.accounts.notification_groups import mark_group_read
from models.core.amounts import print_number
from models.core.enums import Condition, DealType, Origin, Role, Side
from models.deals.match_board import best_scores
from models.deals.recommendation_pages import recommended_page
from models.market.leads import Lead, archive_lead, create_lead, replace_lead, restore_lead
from models.market.properties import Property
from models.market.readings import STATED
from models.market.requests import owned_request, requests_of

blp = page_blueprint("requests")

for_buyers = page_for(Role.TENANT)
PATH = "/console/requests"
PER_PAGE = 30
OFFERS = 20

GROUPS: list[tuple[str, list[Control]]] = [
    (
        "What I am looking for",
        [
            Control("deal_format", "Deal", "choice", choices=tuple(DealType)),
            Control("type", "Type", "choice", choices=WANTED_TYPES),
            Control("city", "City", "town"),
            Control("district", "District", required=False),
            Control("total_rooms", "Rooms", required=False, hint="For example: studio, 1, 2, 1-3, 4+."),
            Control("condition", "Condition", "choice", False, tuple(Condition), none="Any"),
        ],
    ),
    (
        "Price and size",
        [
            Control("budget_min", "Budget from", "money", required=False),
            Control("budget_max", "Budget to", "money", required=False),
            Control("total_area_min", "Area from", "number", required=False, unit="m²"),
            Control("total_area_max", "Area to", "number", required=False, unit="m²"),
            Control(
                "wishes",
                "Wishes in your own words",
                "long",
                required=False,
                wide=True,
                hint="Floor, kitchen, pets: what we understand becomes a wish; the rest is compared with descriptions.",
                understand="lead",
            ),
        ],
    ),
]
CONTROLS = [control for _, controls in GROUPS for control in controls]
#: Part of a reading -> the control that it fills.
_READ_PATHS = {
    "towns": "city",
    "districts": "district",
    "rooms": "total_rooms",
    "budget": "budget_max",
    "area": "total_area_min",
    "deal_type": "deal_format",
    "property_type": "type",
}


@blp.get(PATH)
@for_buyers
def all_requests() -> str:
    """The visitor's requests, open ones first, each with the number of offers and the best score."""
    rows, pager = listed(requests_of(visitor()).order_by(None).order_by(Lead.status, Lead.id.desc()), PER_PAGE)
    lists = best_scores(session(), Side.LEAD, [lead.id for lead in rows])
    return render_template("console/buyers/requests.html", requests=rows, lists=lists, **pager)


@blp.route(f"{PATH}/new", methods=["GET", "POST"])
@for_buyers
def new_request() -> Response | str | tuple[str, int]:
    if request.method == "GET":
        return _form(forms.Filled({"deal_format": DealType.SALE, "type": "APARTMENT"}), None)
    body, filled = _read(None)
    if body is None:
        return _form(filled, None), 400
    lead = create_lead(session(), visitor(), Origin.PORTAL, _stored(body, None))
    rescore_lead(lead)
    return back(f"{PATH}/{lead.id}", "saved")


@blp.route(f"{PATH}/paste", methods=["GET", "POST"])
@for_buyers
def paste() -> str:
    """The form, filled from the visitor's own words; nothing is stored before it is saved."""
    if request.method == "GET":
        return render_template("console/buyers/paste.html")
    pasted = lead_of_text(session(), pasted_text())
    answer, words = pasted.answer, pasted.body["requirements"]["additional_requirements"]
    values = {
        "deal_format": answer["deal_type"] or DealType.SALE,
        "type": answer["property_type"] or "APARTMENT",
        "city": answer["city"] or "",
        "district": next(iter(answer["districts"] or []), ""),
        "total_rooms": ", ".join(str(each) if each else translate("studio") for each in answer["rooms"] or []),
        "condition": answer["condition"] or "",
        "budget_min": _amount(answer["budget"]["min"]),
        "budget_max": _amount(answer["budget"]["max"]),
        "total_area_min": _amount(answer["area"]["min"]),
        "total_area_max": _amount(answer["area"]["max"]),
        "wishes": words,
    }
    read = quotes_of(pasted.text, pasted.reading.spans, _READ_PATHS) | ({"wishes": words} if words else {})
    return _form(forms.Filled(values, read=read), None, action=f"{PATH}/new")


@blp.get(f"{PATH}/<int:request_id>")
@for_buyers
def one_request(request_id: int) -> str:
    """A request and its offers, best first, each with its reasons."""
    lead = owned_request(session(), visitor(), request_id)
    if not wants_part():
        mark_group_read(session(), visitor(), f"request_id:{lead.id}")
    page = page_number()
    recommended = recommended_page(session(), Side.LEAD, lead.id, page=page, limit=OFFERS)
    homes = [cast(Property, entry.row) for entry in recommended.entries]
    explained = explanations_of_pairs(session(), [lead], homes) if homes else []
    offers = [
        (entry, render_reasons(lead, home, explanation, level=3))
        for entry, home, explanation in zip(recommended.entries, homes, explained, strict=True)
    ]
    name = "console/buyers/offers.html" if wants_part() else "console/buyers/request.html"
    return render_template(
        name,
        own_row=lead,
        offers=offers,
        total=recommended.total,
        page=page,
        pages=max(1, -(-recommended.total // OFFERS)),
        has_list=bool(best_scores(session(), Side.LEAD, [lead.id])),
    )


@blp.route(f"{PATH}/<int:request_id>/edit", methods=["GET", "POST"])
@for_buyers
def edit_request(request_id: int) -> Response | str | tuple[str, int]:
    lead = owned_request(session(), visitor(), request_id, lock=request.method == "POST")
    if request.method == "GET":
        values = _values(lead)
        return _form(forms.Filled(values, original_values=original_values(values)), lead)
    body, filled = _read(lead)
    if body is None:
        return _form(filled, lead), 409 if filled.theirs else 400
    replace_lead(session(), lead, _stored(body, lead))
    rescore_lead(lead)
    return back(f"{PATH}/{lead.id}", "saved")


@blp.post(f"{PATH}/<int:request_id>/close")
@for_buyers
def close(request_id: int) -> Response:
    lead = owned_request(session(), visitor(), request_id, lock=True)
    archive_lead(session(), lead)
    rescore_lead(lead)
    return back(PATH, "request_closed")


@blp.post(f"{PATH}/<int:request_id>/reopen")
@for_buyers
def reopen(request_id: int) -> Response:
    lead = owned_request(session(), visitor(), request_id, lock=True)
    restore_lead(session(), lead)
    rescore_lead(lead)
    return back(f"{PATH}/{lead.id}", "request_reopened")


def _read(current: Lead | None) -> tuple[dict[str, Any] | None, forms.Filled]:
    """The body from the form; amounts are in the request's currency, otherwise in the town's."""
    currency = currency_of_town(request.form.get("city", ""), current)
    if current is None:
        return forms.read(RequestBody(), CONTROLS, request.form, currency=currency)
    return read_edit(RequestBody(), CONTROLS, request.form, _values(current), currency=currency)


def _stored(body: dict[str, Any], current: Lead | None) -> dict[str, Any]:
    """The columns from a body; fields that the form does not show keep the request's current values."""
    if current is not None:
        shown = {control.path for control in CONTROLS}
        kept = {name: value for name, value in current.attributes.items() if name not in shown}
        body = {name: value for name, value in kept.items() if name in RequestBody().fields} | body
    stated = [row for row in current.wishes if row["source"] == STATED] if current is not None else []
    return {**request_columns(body), **wish_columns(body.get("wishes"), stated, current)}


def _values(lead: Lead) -> dict[str, Any]:
    """A request's values for its form: choices by canonical words, amounts in the page's notation."""
    row = request_row(lead)
    amounts = ("budget_min", "budget_max", "total_area_min", "total_area_max")
    return {
        **{control.path: row[control.path] or "" for control in CONTROLS},
        **{name: _amount(row[name]) for name in amounts},
        "deal_format": lead.deal_type,
        "type": lead.property_type or "",
        "condition": lead.condition or "",
    }


def _amount(value: Any) -> str:
    return "" if value is None else print_number(value)


def _form(filled: forms.Filled, lead: Lead | None, action: str = "") -> str:
    return forms.show(
        GROUPS,
        filled,
        title=translate("Change the request") if lead else translate("New request"),
        cancel=f"{PATH}/{lead.id}" if lead else PATH,
        menu_path=PATH,
        action=action,
        creates=lead is None,
        change="/edit",
    )
