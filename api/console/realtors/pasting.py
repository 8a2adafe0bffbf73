"""
Add by pasting: a client's message, or a listing's text, fills the form; values that were read are marked with their
words.

Nothing is stored before the form is saved.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import render_template, request

from api.console.kit import forms
from api.console.kit.form_definitions import LEAD_GROUPS, PROPERTY_GROUPS, all_of, texts_of
from api.console.kit.i18n import translate
from api.console.kit.pages import page_blueprint
from api.console.kit.typed_values import currency_of_town
from api.console.realtors.leads import for_realtors
from api.console.realtors.new_photos import show_with_photos
from api.console.realtors.properties import for_owners
from api.exchange.pasted_text import lead_of_text, without_contacts
from api.exchange.understand import property_answer, understand_listing
from api.http.db import session
from models.core.enums import Side
from models.core.errors import InvalidValueError

blp = page_blueprint("pasting")

MAX_TEXT = 20_000  # characters

#: Part of a reading -> the control that it fills.
_LEAD_PATHS = {
    "towns": "requirements.location.city",
    "districts": "requirements.location.districts",
    "stations": "requirements.location.metro_stations",
    "rooms": "requirements.rooms",
    "budget": "requirements.budget.max",
    "area": "requirements.area.min",
    "deal_type": "deal_type",
    "property_type": "requirements.property_type",
    "property_class": "requirements.property_class",
    "payment_method": "requirements.payment_method",
}
_PROPERTY_PATHS = {
    "town": "address.city",
    "district": "address.district",
    "station": "address.metro_station",
    "street": "address.street",
    "rooms": "details.rooms",
    "price": "details.price",
    "area": "details.area",
    "deal_type": "deal_type",
    "property_type": "details.property_type",
}


@blp.route("/console/leads/paste", methods=["GET", "POST"])
@for_realtors
def paste_lead() -> str:
    if request.method == "GET":
        return render_template("console/paste.html", side=Side.LEAD.value)
    pasted = lead_of_text(session(), pasted_text())
    text, body, reading = pasted.text, pasted.body, pasted.reading
    fields = body["requirements"]
    fields["budget"] = {end: _money(amount, pasted.answer) for end, amount in fields["budget"].items()}
    read = quotes_of(text, reading.spans, _LEAD_PATHS)
    quotes = {name: body[name] for name in ("client_name", "client_contacts")}
    quotes["requirements.additional_requirements"] = fields["additional_requirements"]
    read |= {path: quote for path, quote in quotes.items() if quote}
    filled = forms.Filled(texts_of(all_of(LEAD_GROUPS), body), read=read)
    return forms.show(
        LEAD_GROUPS,
        filled,
        title=translate("New lead"),
        cancel="/console/leads/paste",
        menu_path="/console/leads",
        action="/console/leads/new",
        creates=True,
    )


@blp.route("/console/properties/paste", methods=["GET", "POST"])
@for_owners
def paste_property() -> str:
    if request.method == "GET":
        return render_template("console/paste.html", side=Side.PROPERTY.value)
    text, _ = without_contacts(pasted_text())
    reading = understand_listing(session(), text, None)
    answer = property_answer(reading, text)
    address = ("city", "district", "metro_station", "street", "house_number")
    details = ("area", "rooms", "floor", "total_floors", "year_built", "condition")
    body = {
        "deal_type": answer["deal_type"] or "SALE",
        "address": {name: answer[name] for name in address},
        "details": {name: answer[name] for name in details}
        | {"price": _money(answer["price"], answer), "property_type": answer["property_type"] or "APARTMENT"},
        "description": text.strip(),
    }
    filled = forms.Filled(texts_of(all_of(PROPERTY_GROUPS), body), read=quotes_of(text, reading.spans, _PROPERTY_PATHS))
    return show_with_photos(filled, cancel="/console/properties/paste")


def pasted_text() -> str:
    """The text pasted into a form; raises InvalidValueError if it is empty."""
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    if not text:
        raise InvalidValueError("text", "paste.empty")
    return text[:MAX_TEXT]


def _money(value: float | None, answer: Mapping[str, Any]) -> Any:
    """
    An amount for a form. If its currency is not the town's, the currency is added, so that the form asks about it.
    """
    named = answer["currency"]
    if value is None or not named or named == currency_of_town(answer["city"] or ""):
        return value
    return f"{value:.0f} {named}" if answer["city"] else value


def quotes_of(text: str, spans: Mapping[str, Sequence[tuple[int, int]]], paths: Mapping[str, str]) -> dict[str, str]:
    """Path of a control -> the words from which its value was read."""
    return {
        paths[name]: ", ".join(dict.fromkeys(" ".join(text[low:high].split()) for low, high in where))
        for name, where in spans.items()
        if name in paths
    }
