"""
Readings of texts on the pages: chips of wishes, which can be struck out, and the reading of a text while it is typed.
"""

from typing import Any

from flask import Response, jsonify, render_template, request

from api.console.kit import forms
from api.console.kit.access import page_for, visitor
from api.console.kit.i18n import OUTCOMES, translate
from api.console.kit.pages import back, page_blueprint, wants_json
from api.console.kit.readings import describe_reading
from api.console.realtors.leads import for_realtors
from api.http.db import session
from api.http.readings import shown_facts, shown_wishes
from api.http.tasks import rescore_lead
from matching.reading.json_rows import fact_rows, wish_rows
from models.core.errors import InvalidValueError
from models.market.leads import Lead, owned_lead, replace_wishes
from models.market.properties import Property
from models.market.readings import READ, with_struck

blp = page_blueprint("console_wishes")

#: The longest text that is read while somebody types.
MAX_TEXT = 20_000


@blp.app_template_global("wish_chips")
def wish_chips(lead: Lead) -> list[dict[str, Any]]:
    """A lead's wishes for a page: words, strength, the quote from which each was read, whether it is struck out."""
    return [_chip(row) for row in shown_wishes(lead)]


@blp.app_template_global("fact_chips")
def fact_chips(listing: Property) -> list[dict[str, Any]]:
    """A property's facts for a page; "not apartments", which is usual for a flat, is left out."""
    return [_chip(row) for row in shown_facts(listing) if (row["kind"], row["value"]) != ("apartments", False)]


@blp.post("/console/leads/<int:lead_id>/wishes")
@for_realtors
def strike_wish(lead_id: int) -> Response:
    """Strike out a reading of a lead, or restore it; the list follows."""
    forms.check_complete("struck")
    kind, quote = request.form.get("kind", ""), request.form.get("quote", "")
    lead = owned_lead(session(), visitor(), lead_id, lock=True)
    struck = forms.pressed_button("1", "", name="struck") == "1"
    rows = shown_wishes(lead)
    if not any(row["source"] == READ and row["kind"] == kind and row["quote"] == quote for row in rows):
        raise InvalidValueError("kind", "wish.gone")
    bare = [{name: value for name, value in row.items() if name != "label"} for row in rows]
    replace_wishes(session(), lead, with_struck(bare, kind, quote, struck))
    rescore_lead(lead)
    done = "struck" if struck else "unstruck"
    if wants_json():
        return jsonify(message=translate(OUTCOMES[done]), key=done)
    return back(f"/console/leads/{lead_id}", done)


@blp.post("/console/understand")
@page_for()
def understand() -> str:
    """The reading of a text as chips, for forms, while somebody types."""
    text = request.form.get("text", "")[:MAX_TEXT]
    rows = fact_rows(text) if request.form.get("of") == "property" else wish_rows(text)
    return render_template("console/understood.html", chips=[_chip(row) for row in rows])


def _chip(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "words": describe_reading(row["kind"], row["value"])}
