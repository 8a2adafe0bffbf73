"""A realtor's leads: the list, one lead with its ranked properties, the form."""

from typing import Any

from flask import Response, jsonify, render_template, request

from api.console.kit import forms
from api.console.kit.access import page_for, visitor
from api.console.kit.edits import in_words, original_values, read_edit
from api.console.kit.form_definitions import LEAD_GROUPS, all_of, lead_values
from api.console.kit.formatting import budget_of, number, span, town_of
from api.console.kit.i18n import translate, word
from api.console.kit.pages import back, page_blueprint
from api.console.kit.score_reasons import rooms_of
from api.console.kit.typed_values import currency_of_town
from api.console.kit.unread import read_news
from api.console.realtors import recommendation_page
from api.console.realtors.own_base import apply_to_selected, copied_id, own_list
from api.console.realtors.recommendation_page import page_of_action
from api.console.realtors.relaxations import relaxed_values
from api.exchange.open_bodies import OpenLeadBody
from api.exchange.schemas import lead_columns
from api.http.db import session
from api.http.tasks import rescore_lead
from models.accounts.notifications import NotificationType
from models.core.enums import SUPPLY_ROLES, Origin, Side
from models.deals.match_board import best_scores
from models.deals.matches import match_counts
from models.market.clients import other_lead_of_client
from models.market.leads import Lead, archive_lead, create_lead, owned_lead, replace_lead, restore_lead
from models.market.readings import STATED
from models.market.tags import tags_of
from models.upkeep.samples import refuse_sample

blp = page_blueprint("leads")

for_realtors = page_for(*SUPPLY_ROLES)


@blp.app_template_global("wishes_of")
def wishes_of(lead: Lead) -> list[str]:
    """A lead's wishes in short pieces, the most important first."""
    location = [*lead.districts[:3], *(translate("metro {name}", name=name) for name in lead.metro_stations[:2])]
    more = len(lead.districts) + len(lead.metro_stations) - len(location)
    pieces = [
        budget_of(lead),
        f"{span(lead.area_min, lead.area_max, lambda value: number(value, 1))}\u00a0{translate('m²')}"
        if lead.area_min or lead.area_max
        else None,
        translate("rooms: {rooms}", rooms=rooms_of(lead.rooms)) if lead.rooms else None,
        ", ".join(location) + (f" +{more}" if more > 0 else ""),
        word(lead.property_class) if lead.property_class else None,
        word(lead.condition) if lead.condition else None,
        word(lead.payment_method) if lead.payment_method else None,
    ]
    return [piece for piece in pieces if piece and piece != "—"]


@blp.app_template_global("heading_of")
def heading_of(lead: Lead) -> str:
    """A lead's heading: ``Buy an apartment in Moscow``."""
    kind = word(lead.property_type) if lead.property_type else translate("Any home")
    return f"{word(lead.deal_type)}: {kind.lower()}, {town_of(lead)}"


@blp.get("/console/leads")
@for_realtors
def all_leads() -> str:
    read_news(NotificationType.RECOMMENDATION_DIGEST)
    return render_template("console/leads.html", **own_list(Side.LEAD))


@blp.post("/console/leads/several")
@for_realtors
def act_on_selected() -> Response:
    """Archive, restore or tag the selected leads."""
    return apply_to_selected(Side.LEAD)


@blp.route("/console/leads/new", methods=["GET", "POST"])
@for_realtors
def new_lead() -> Response | str | tuple[str, int]:
    if request.method == "GET":
        copied = copied_id()
        if copied is not None:
            row = owned_lead(session(), visitor(), copied)
            refuse_sample(row)
            return _form(forms.Filled(lead_values(row)), None)
        return _form(forms.Filled({"deal_type": "SALE"}), None)
    body, filled = _read(None)
    if body is None:
        return _form(filled, None), 400
    lead = create_lead(session(), visitor(), Origin.EXCHANGE, lead_columns(body))
    rescore_lead(lead)
    return back(f"/console/leads/{lead.id}", "saved")


@blp.get("/console/leads/<int:lead_id>")
@for_realtors
def lead_page(lead_id: int) -> str:
    lead = owned_lead(session(), visitor(), lead_id)
    read_news(NotificationType.NEW_RECOMMENDATIONS, lead_id=[lead.id])
    return recommendation_page.list_page(
        Side.LEAD,
        lead,
        own_tags=tags_of(session(), Side.LEAD, [lead.id]).get(lead.id, []),
        has_list=bool(best_scores(session(), Side.LEAD, [lead.id])),
        matches=match_counts(session(), Side.LEAD, [lead.id]).get(lead.id, 0),
        same_client=other_lead_of_client(session(), lead),
    )


@blp.get("/console/leads/<int:lead_id>/list-state")
@for_realtors
def list_state(lead_id: int) -> Response:
    """Whether the page of the list is out of date."""
    return jsonify(recommendation_page.list_state(Side.LEAD, owned_lead(session(), visitor(), lead_id)))


@blp.route("/console/leads/<int:lead_id>/edit", methods=["GET", "POST"])
@for_realtors
def edit_lead(lead_id: int) -> Response | str | tuple[str, int]:
    lead = owned_lead(session(), visitor(), lead_id, lock=request.method == "POST")
    if request.method == "GET":
        values = lead_values(lead)
        relaxed = relaxed_values(lead, request.args.get("relax", ""))
        filled = forms.Filled(values | relaxed, original_values=original_values(values))
        filled.proposed = {
            control.path: in_words(control, values[control.path])
            for control in all_of(LEAD_GROUPS)
            if control.path in relaxed
        }
        return _form(filled, lead)
    body, filled = _read(lead)
    if body is None:
        return _form(filled, lead), 409 if filled.theirs else 400
    replace_lead(session(), lead, _edited(body, lead))
    rescore_lead(lead)
    return back(f"/console/leads/{lead.id}", "saved")


@blp.post("/console/leads/<int:lead_id>/archive")
@for_realtors
def archive(lead_id: int) -> Response:
    lead = owned_lead(session(), visitor(), lead_id, lock=True)
    archive_lead(session(), lead)
    rescore_lead(lead)
    return back("/console/leads", "archived", undo=f"lead-{lead_id}")


@blp.post("/console/leads/<int:lead_id>/restore")
@for_realtors
def restore(lead_id: int) -> Response:
    lead = owned_lead(session(), visitor(), lead_id, lock=True)
    restore_lead(session(), lead)
    rescore_lead(lead)
    return back(f"/console/leads/{lead_id}", "restored")


@blp.post("/console/leads/<int:lead_id>/properties/<int:property_id>")
@for_realtors
def act_for_lead(lead_id: int, property_id: int) -> Response:
    usual = f"/console/leads/{lead_id}"
    return recommendation_page.act_on_pair(Side.LEAD, lead_id, property_id, page_of_action(usual))


def _edited(body: dict[str, Any], lead: Lead) -> dict[str, Any]:
    """The columns of an edited lead; values that the form does not show keep what other contracts have set."""
    stated = [row for row in lead.wishes if row["source"] == STATED]
    columns = lead_columns(body | {"wishes": stated}, lead)
    if body["requirements"]["location"]["city"] == lead.city:
        columns |= {name: getattr(lead, name) for name in ("latitude", "longitude")}
    return columns


def _form(filled: forms.Filled, lead: Lead | None) -> str:
    return forms.show(
        LEAD_GROUPS,
        filled,
        title=translate("Edit lead") if lead else translate("New lead"),
        cancel=f"/console/leads/{lead.id}" if lead else "/console/leads",
        menu_path="/console/leads",
        creates=lead is None,
        change="/edit",
    )


def _read(current: Lead | None) -> tuple[dict | None, forms.Filled]:
    """The body from the form; amounts are in the currency of *current*, otherwise in the town's."""
    currency = currency_of_town(request.form.get("requirements.location.city", ""), current)
    controls = all_of(LEAD_GROUPS)
    if current is None:
        return forms.read(OpenLeadBody(), controls, request.form, currency=currency)
    return read_edit(OpenLeadBody(), controls, request.form, lead_values(current), currency=currency)
