"""Wishes and facts in every contract: how they are sent, read from text, and shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from api.http.blueprint import Body
from api.http.fields import Number, Text, Whole
from matching.errors import InvalidInputError
from matching.reading.json_rows import STRENGTHS, check_wish, fact_rows, wish_rows
from matching.reading.kind import Kind
from matching.reading.kinds import GRAMMAR_VERSION, KIND_OF
from models.core.errors import Fault
from models.market.facts import property_text
from models.market.leads import Lead
from models.market.properties import Property
from models.market.readings import READ, STATED, effective_facts, merged_wishes

MAX_WISHES = 100
MAX_STATIONS = 10
MAX_RADIUS_KM = 100


class Coordinates(Body):
    """A point in degrees: both numbers, or neither. 0/0 is refused: programs write it for an unknown place."""

    latitude = Number(-90, 90, allow_none=True)
    longitude = Number(-180, 180, allow_none=True)

    @validates_schema
    def check_point(self, data: dict, **kwargs: Any) -> None:
        latitude, longitude = data.get("latitude"), data.get("longitude")
        if (latitude is None) != (longitude is None):
            raise ValidationError("place.both_coordinates", "latitude")
        if latitude == 0 and longitude == 0:
            raise ValidationError("place.zero", "latitude")


class StationBody(Body):
    """A station near a property."""

    name = Text(100, required=True)
    minutes = Whole(0, 600, allow_none=True, load_default=None)
    by_transport = fields.Boolean(load_default=False)


class WishBody(Body):
    """
    A wish that the client states, or a reading that the client strikes out. Wishes read from text need not be sent.
    """

    kind = fields.String(required=True, validate=validate.OneOf(sorted(KIND_OF)))
    value = fields.Raw(
        required=True, metadata={"description": "true, {min, max}, {any_of: []} or {none_of: []}, by kind."}
    )
    strength = fields.String(load_default="wish", validate=validate.OneOf(STRENGTHS))
    struck = fields.Boolean(load_default=False, metadata={"description": "The reading is wrong and has no effect."})
    source = fields.String(load_default=STATED, validate=validate.OneOf((STATED, READ)))
    quote = fields.String(allow_none=True, validate=validate.Length(max=5000))
    # Fields of answers about a reading; ignored when they are sent back.
    label = fields.String(allow_none=True)
    start = fields.Integer(allow_none=True)
    end = fields.Integer(allow_none=True)

    @validates_schema
    def check_value(self, data: dict, **kwargs: Any) -> None:
        if data.get("source") == READ:  # its value is always the one read from the text
            return
        try:
            check_wish(data["kind"], data["value"])
        except InvalidInputError:
            raise ValidationError(_fault_of_value(KIND_OF[data["kind"]]), "value") from None


def _fault_of_value(kind: Kind) -> Fault:
    """What a wish of this kind may be."""
    if kind.form == "flag":
        return Fault("wish.not_a_flag")
    if kind.form == "choice":
        return Fault("wish.no_choice", choices=", ".join(kind.choices))
    return Fault("wish.no_limits_in_period", max=f"{kind.period:g}") if kind.period else Fault("wish.no_limits")


class WishRow(Body):
    """One wish of a lead beyond the contract's fields."""

    kind = fields.String()
    label = fields.String()
    value = fields.Raw()
    strength = fields.String(metadata={"description": "must, wish or soft."})
    source = fields.String(metadata={"description": "stated: by the client; text: read from the text."})
    quote = fields.String(allow_none=True, metadata={"description": "The words that it was read from."})
    start = fields.Integer(allow_none=True)
    end = fields.Integer(allow_none=True)
    struck = fields.Boolean()


class FactRow(Body):
    """One fact of a property beyond the contract's fields."""

    kind = fields.String()
    label = fields.String()
    value = fields.Raw()
    source = fields.String(metadata={"description": "field: from a form or a feed; text: read from the text."})
    quote = fields.String(allow_none=True)


def wishes_field() -> fields.Field:
    """The field of a body that states wishes and strikes out readings."""
    return fields.List(fields.Nested(WishBody), allow_none=True, validate=validate.Length(max=MAX_WISHES))


def wish_columns(
    text: str | None, sent: Sequence[Mapping[str, Any]] | None, before: Lead | None = None
) -> dict[str, Any]:
    """
    The values of the columns that hold a lead's wishes.

    Args:
        text: The lead's own words.
        sent: The body's wishes; None if the body has none, and then nothing is stated.
        before: The stored lead. Its struck readings stay struck as long as their words are unchanged.
    """
    sent = sent or []
    stated = [dict(wish) for wish in sent if wish["source"] == STATED]
    struck = [dict(wish) for wish in sent if wish["source"] == READ and wish["struck"]]
    kept = [wish["quote"] for wish in sent if wish["source"] == READ and not wish["struck"]]
    earlier = [row for row in (before.wishes if before else []) if not (row.get("struck") and row.get("quote") in kept)]
    return {
        "wishes": merged_wishes(earlier, wish_rows(text or ""), stated, struck),
        "grammar": GRAMMAR_VERSION,
    }


def fact_columns(title: str | None, description: str | None, search_text: str = "") -> dict[str, Any]:
    """The values of the columns that hold the facts read from a property's text."""
    return {"read_facts": fact_rows(property_text(title, description, search_text)), "grammar": GRAMMAR_VERSION}


def shown_wishes(lead: Lead) -> list[dict[str, Any]]:
    """A lead's wishes as the API shows them. A text that has not been read yet is read now."""
    rows = lead.wishes
    if lead.grammar is None:
        rows = merged_wishes(rows, wish_rows(lead.additional_requirements or ""))
    return [{"label": KIND_OF[row["kind"]].label, **row} for row in rows if row["kind"] in KIND_OF]


def shown_facts(listing: Property) -> list[dict[str, Any]]:
    """A property's facts as the API shows them; a field takes precedence over a reading of the same fact."""
    read = {fact["kind"]: fact for fact in listing.read_facts}
    if listing.grammar is None:
        text = property_text(listing.title, listing.description, listing.search_text)
        read = {fact["kind"]: fact for fact in fact_rows(text)}
    shown = []
    values = {kind: fact["value"] for kind, fact in read.items()} | effective_facts(listing)
    for kind, value in values.items():
        if kind not in KIND_OF:
            continue
        by_text = kind in read and read[kind]["value"] == value
        shown.append(
            {
                "kind": kind,
                "label": KIND_OF[kind].label,
                "value": value,
                "source": "text" if by_text else "field",
                "quote": read[kind]["quote"] if by_text else None,
            }
        )
    return shown
