"""
Adding by pasting: a client's message, or a listing's text, fills the form; what was read is marked with its words.

Nothing is stored before the form is saved. Contacts go where contacts stand, and what was not read into the private
notes: what nobody has checked is shown to no other realtor.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask import render_template, request

from api.console.kit import forms
from api.console.kit.form_definitions import LEAD_GROUPS, PROPERTY_GROUPS, all_of, texts_of
from api.console.kit.i18n import translate
from api.console.kit.pages import page_blueprint
from api.console.kit.typed_values import currency_of_town
from api.console.realtors.leads import for_realtors
from api.console.realtors.properties import for_owners
from api.exchange.understand import lead_answer, property_answer, understand_listing, understand_request
from models.core.enums import Side
from models.core.errors import InvalidValueError

blp = page_blueprint("pasting")

MAX_TEXT = 20_000  # characters

#: Phones of eleven digits or with a country's code, e-mail addresses, Telegram names: sums of money are none of them.
_CONTACT = re.compile(
    r"(?<!\d)(?:\+\d{1,3}|[78])[\s(\-]{0,3}\d{3}[\s)\-]{0,3}\d{3}[\s\-]?\d{2}[\s\-]?\d{2}(?!\d)"
    r"|[^\s,;<>@]+@[^\s,;<>@]+\.\w+|(?<![\w.])@[A-Za-z]\w{3,31}|(?:https?://)?t\.me/\w{4,32}"
)
#: «Меня зовут Анна»: without this the name is read as the town of Анна. The name is the second group.
_NAME = re.compile(
    r"((?i:меня зовут|клиент(?:ка)?:?|my name is|менің атым) +)"
    r"([А-ЯЁӘІҢҒҮҰҚӨҺA-Z][\w-]+(?: [А-ЯЁӘІҢҒҮҰҚӨҺA-Z][\w-]+)?)"
)
_CLAUSE_END = re.compile(r"[;!?\n]+|[,.](?=\s|$)")

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
    text, contacts = without_contacts(pasted_text())
    text, name = without_name(text)
    reading = understand_request(text, None)
    answer = lead_answer(reading, text)
    words = wishing_clauses(text, [(wish["start"], wish["end"]) for wish in answer["wishes"]])
    body = {
        "client_name": name,
        "client_contacts": contacts,
        "private_notes": "\n".join(piece["quote"] for piece in answer["unread"]),
        "deal_type": answer["deal_type"] or "SALE",
        "requirements": {
            **{each: answer[each] for each in ("rooms", "area", "property_type", "property_class", "condition")},
            "payment_method": answer["payment_method"],
            "budget": {end: _money(sum_, answer) for end, sum_ in answer["budget"].items()},
            "location": {each: answer[each] for each in ("city", "districts", "metro_stations")},
            "additional_requirements": words,
        },
    }
    read = quotes_of(text, reading.spans, _LEAD_PATHS)
    told = {"client_name": name, "client_contacts": contacts, "requirements.additional_requirements": words}
    read |= {path: quote for path, quote in told.items() if quote}
    filled = forms.Filled(texts_of(all_of(LEAD_GROUPS), body), read=read)
    return forms.show(
        LEAD_GROUPS,
        filled,
        title=translate("New lead"),
        cancel="/console/leads/paste",
        here="/console/leads",
        action="/console/leads/new",
    )


@blp.route("/console/properties/paste", methods=["GET", "POST"])
@for_owners
def paste_property() -> str:
    if request.method == "GET":
        return render_template("console/paste.html", side=Side.PROPERTY.value)
    text, _ = without_contacts(pasted_text())
    reading = understand_listing(text, None)
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
    return forms.show(
        PROPERTY_GROUPS,
        filled,
        title=translate("New property"),
        cancel="/console/properties/paste",
        here="/console/properties",
        action="/console/properties/new",
    )


def without_contacts(text: str) -> tuple[str, str]:
    """
    The text without its contacts, of the same length, and the contacts.

    >>> without_contacts("Анна, 8 (701) 234-56-78: до 10 000 000 - 15 000 000")
    ('Анна,                  : до 10 000 000 - 15 000 000', '8 (701) 234-56-78')
    """
    contacts = ", ".join(found[0] for found in _CONTACT.finditer(text))
    return _CONTACT.sub(lambda found: " " * len(found[0]), text), contacts


def without_name(text: str) -> tuple[str, str]:
    """
    The text without the name by which its writer introduces themselves, of the same length, and the name.

    >>> without_name("Меня зовут Анна, ищу дом")
    ('               , ищу дом', 'Анна')
    """
    found = _NAME.search(text)
    if found is None:
        return text, ""
    return text[: found.start()] + " " * len(found[0]) + text[found.end() :], found[2]


def wishing_clauses(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """
    The clauses that hold one of the *spans*, whole, so that each still says whether it must be so.

    >>> wishing_clauses("Я Анна, хорошо бы балкон. Звоните", [(18, 24)])
    'хорошо бы балкон'
    """
    kept, start = [], 0
    for end, after in [*((mark.start(), mark.end()) for mark in _CLAUSE_END.finditer(text)), (len(text), len(text))]:
        if any(low < end and high > start for low, high in spans):
            kept.append(" ".join(text[start:end].split()))
        start = after
    return ", ".join(kept)


def pasted_text() -> str:
    """What was pasted into a form; raises InvalidValueError where that is nothing."""
    text = request.form.get("text", "").replace("\0", "").replace("\r\n", "\n").strip()
    if not text:
        raise InvalidValueError("text", "paste.empty")
    return text[:MAX_TEXT]


def _money(value: float | None, answer: Mapping[str, Any]) -> Any:
    """An amount as a form holds it: with its currency where that is not the town's, which the form then asks about."""
    named = answer["currency"]
    if value is None or not named or named == currency_of_town(answer["city"] or ""):
        return value
    return f"{value:.0f} {named}" if answer["city"] else value


def quotes_of(text: str, spans: Mapping[str, Sequence[tuple[int, int]]], paths: Mapping[str, str]) -> dict[str, str]:
    """Control's path -> the words that it was read from."""
    return {
        paths[name]: ", ".join(dict.fromkeys(" ".join(text[low:high].split()) for low, high in where))
        for name, where in spans.items()
        if name in paths
    }
