"""A tenant's preferences: a form, which can be filled from words."""

from decimal import Decimal
from typing import Any

from flask import Response, request
from marshmallow import ValidationError, validates_schema

from api.console.kit import forms
from api.console.kit.access import page_for, visitor
from api.console.kit.edits import original_values, read_edit
from api.console.kit.form_definitions import plain_text
from api.console.kit.forms import Control
from api.console.kit.i18n import translate
from api.console.kit.pages import back, page_blueprint
from api.console.kit.typed_values import currency_of_town
from api.exchange.understand import MAX_TEXT, lead_answer, understand_request
from api.http.db import session
from api.http.fields import money
from api.http.tasks import rescore_lead
from api.swipe.listing_words import DEAL_TYPES, PROPERTY_TYPES, type_word
from api.swipe.preferences import PreferenceBody, columns, row
from models.core.enums import PropertyType
from models.core.errors import InvalidValueError
from models.market.preferences import lock_preference, preference_of, save_preference

blp = page_blueprint("preferences")

GROUPS = [
    (
        "What I am looking for",
        [
            Control("deal_type", "Deal", "choice", choices=tuple(DEAL_TYPES)),
            Control("city", "City", "town"),
            Control("property_type", "Type", "choice", choices=tuple(PROPERTY_TYPES)),
            Control("price_min", "Price from", "money", required=False),
            Control("price_max", "Price to", "money", required=False),
            Control("rooms", "Rooms", "checks", required=False, choices=tuple(range(6))),
            Control("area_min", "Area from", "number", required=False, unit="m²"),
            Control("area_max", "Area to", "number", required=False, unit="m²"),
        ],
    ),
    (
        "Where",
        [
            Control("districts", "Districts", "list", required=False, wide=True, hint="Separate several with commas."),
            Control("metro_stations", "Metro stations", "list", required=False, wide=True),
        ],
    ),
    (
        "What else matters",
        [
            Control(
                "words",
                "In your own words",
                "long",
                required=False,
                wide=True,
                understand="lead",
                hint="Pets, children, furniture, the yard: what is understood shows below.",
            )
        ],
    ),
]
CONTROLS = [control for _, controls in GROUPS for control in controls]

#: Part of a reading -> the control that it fills.
PATHS = {
    "towns": "city",
    "districts": "districts",
    "stations": "metro_stations",
    "rooms": "rooms",
    "budget": "price_max",
    "area": "area_min",
    "deal_type": "deal_type",
    "property_type": "property_type",
}


class OpenPreferenceBody(PreferenceBody):
    """The API's body with optional prices: the page requires as little as possible."""

    price_min = money(load_default=Decimal(0))
    price_max = money(load_default=None, allow_none=True)

    @validates_schema
    def check_order(self, data: dict, **kwargs: Any) -> None:
        for low, high in (("price_min", "price_max"), ("area_min", "area_max")):
            if data.get(low) is not None and data.get(high) is not None and data[low] > data[high]:
                raise ValidationError(f"{low.removesuffix('_min')}.reversed", low)


@blp.route("/console/preferences", methods=["GET", "POST"])
@page_for()
def preferences() -> Response | str | tuple[str, int]:
    before = (preference_of if request.method == "GET" else lock_preference)(session(), visitor())
    if request.method == "GET":
        if before is None:
            return _form(forms.Filled({"deal_type": "rent", "property_type": "flat"}))
        values = _texts(row(before))
        return _form(forms.Filled(values, original_values=original_values(values)))
    currency = currency_of_town(request.form.get("city", ""))
    if before is None:
        body, filled = forms.read(OpenPreferenceBody(), CONTROLS, request.form, currency=currency)
    else:
        values = _texts(row(before))
        body, filled = read_edit(OpenPreferenceBody(), CONTROLS, request.form, values, currency=currency)
    if body is None:
        return _form(filled), 409 if filled.theirs else 400
    rescore_lead(save_preference(session(), visitor(), columns(body, before)))
    return back("/console/feed", "preferences")


@blp.post("/console/preferences/words")
@page_for()
def from_words() -> str:
    """The form, filled from a tenant's own words; nothing is stored before it is saved."""
    text = request.form.get("text", "").strip()
    if not text or len(text) > MAX_TEXT:
        raise InvalidValueError("text", "message.wrong_length")
    reading = understand_request(session(), text, None)
    answer = lead_answer(reading, text)
    kind = answer["property_type"]
    values = {
        "deal_type": (answer["deal_type"] or "RENT").lower(),
        "property_type": type_word(PropertyType(kind)) if kind else "flat",
        "price_min": answer["budget"]["min"],
        "price_max": answer["budget"]["max"],
        "area_min": answer["area"]["min"],
        "area_max": answer["area"]["max"],
        **{name: answer[name] for name in ("city", "rooms", "districts", "metro_stations")},
        "words": text,
    }
    read: dict[str, str] = {}
    for part, spans in reading.spans.items():
        if part in PATHS and spans:
            start, end = spans[0]
            read[PATHS[part]] = text[start:end]
    before = preference_of(session(), visitor())
    originals = original_values(_texts(row(before))) if before else None
    return _form(forms.Filled(_texts(values), original_values=originals, read=read or {"words": text}))


def _form(filled: forms.Filled) -> str:
    return forms.show(
        GROUPS,
        filled,
        title=translate("What I am looking for"),
        cancel="/console/feed",
        menu_path="/console/feed",
        action="/console/preferences",
    )


def _texts(values: dict[str, Any]) -> dict[str, Any]:
    """The texts of the controls for values of the API."""
    texts: dict[str, Any] = {}
    for control in CONTROLS:
        value = values.get(control.path)
        if control.kind == "checks":
            texts[control.path] = [str(each) for each in value or []]
        elif control.kind == "list":
            texts[control.path] = ", ".join(value or [])
        elif isinstance(value, Decimal | float | int):
            texts[control.path] = plain_text(Decimal(str(value))) if value else ""
        else:
            texts[control.path] = value or ""
    return texts
