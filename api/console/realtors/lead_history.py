"""A lead's history in words."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import render_template
from markupsafe import Markup

from api.console.kit.access import page_for, visitor
from api.console.kit.formatting import price_of, title_of
from api.console.kit.i18n import translate, word
from api.console.kit.pages import page_blueprint, page_number
from api.console.kit.score_reasons import rooms_of
from api.http.db import session
from models.agenda.history import HistoryEntry, history_of, homes_by_id
from models.core.enums import SUPPLY_ROLES
from models.market.leads import Lead, owned_lead
from models.market.properties import Property

blp = page_blueprint("lead_history")

PER_PAGE = 50

#: The sentence of each kind of entry; a home, a task or an answer follows it.
SENTENCES = {
    "made": "Lead created",
    "liked": "You liked",
    "disliked": "You put aside",
    "liked_by_owner": "The other side liked",
    "matched": "Match",
    "contacts_shared": "Contacts were shared",
    "completed": "The deal is done",
    "selection_sent": "Selection created",
    "selection_withdrawn": "Selection withdrawn",
    "price_cut": "Price cut",
    "task_made": "Planned",
    "task_done": "The task is done",
    "shortlisted": "Added to the shortlist",
}
FIELDS = {
    "status": "Status",
    "owner_id": "Owner",
    "deal_type": "Deal",
    "city": "City",
    "districts": "Districts",
    "metro_stations": "Metro stations",
    "place_scope": "Beyond these places",
    "radius_km": "Radius",
    "budget_min": "Budget from",
    "budget_max": "Budget to",
    "currency": "Currency",
    "area_min": "Area from",
    "area_max": "Area to",
    "rooms": "Rooms",
    "property_type": "Type",
    "property_class": "Class",
    "condition": "Condition",
    "year_min": "Built since",
    "payment_method": "Payment",
    "client_name": "Client",
    "client_contacts": "Client's contacts",
    "client_contacts_shared": "Who sees the contacts",
    "notes": "Notes",
    "private_notes": "Private notes",
    "additional_requirements": "Wishes in your own words",
}
ENUMS = ("status", "deal_type", "property_type", "property_class", "condition", "payment_method")


@blp.get("/console/leads/<int:lead_id>/history")
@page_for(*SUPPLY_ROLES)
def history(lead_id: int) -> str:
    lead = owned_lead(session(), visitor(), lead_id)
    page = page_number()
    entries, total = history_of(session(), visitor(), lead_id, page=page, limit=PER_PAGE)
    homes = homes_by_id(session(), {entry.property_id for entry in entries if entry.property_id})
    return render_template(
        "console/realtors/lead_history.html",
        lead=lead,
        entries=[(entry.at, sentence(entry, lead, homes)) for entry in entries],
        page=page,
        pages=max(1, -(-total // PER_PAGE)),
    )


def sentence(entry: HistoryEntry, lead: Lead, homes: dict[int, Property]) -> Markup:
    """The sentence of one entry."""
    facts = entry.facts
    home = homes.get(entry.property_id or 0)
    parts: list[Any] = [title_of(home)] if home is not None else []
    if entry.kind == "changed":
        return Markup("<br>").join(_change(name, values, lead) for name, values in facts["fields"].items())
    if entry.kind == "client_answered":
        head = {"LIKE": "The client likes", "DISLIKE": "The client dislikes"}.get(
            facts["answer"] or "", "The client asks"
        )
        parts += [f"«{facts['question']}»"] if facts["question"] else []
    else:
        head = SENTENCES[entry.kind]
    if entry.kind == "price_cut":
        before, after = (price_of(lead, Decimal(facts[end]), facts["currency"]) for end in ("from", "to"))
        parts.append(f"{before} → {after}")
    if "title" in facts:
        parts.insert(0, f"{word('task ' + facts['kind'])}: {facts['title']}")
    text = Markup("<b>{}</b>").format(translate(head))
    if parts:
        text += Markup(": {}").format(" · ".join(map(str, parts)))
    if entry.match_id is not None:
        text += Markup(' <a class="small" href="/console/matches/{}">{}</a>').format(
            entry.match_id, translate("Open the match")
        )
    return text


def _change(name: str, values: list[Any] | None, lead: Lead) -> Markup:
    label = translate(FIELDS.get(name, name))
    if values is None or name == "owner_id":
        return Markup("<b>{}</b>: {}").format(label, translate("changed"))
    shown = _SHOWN.get(name, _plain)
    before, after = (shown(value, lead) for value in values)
    return Markup("<b>{}</b>: {} → {}").format(label, before, after)


def _plain(value: Any, _lead: Lead) -> str:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return "—" if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)


_SHOWN: dict[str, Callable[[Any, Lead], str]] = {
    **dict.fromkeys(ENUMS, lambda value, _lead: word(value)),
    **dict.fromkeys(("budget_min", "budget_max"), lambda value, lead: price_of(lead, value)),
    "rooms": lambda value, _lead: rooms_of(value) if value else "—",
}
