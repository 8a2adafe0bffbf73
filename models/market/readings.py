"""Readings of people's texts: the wishes of a lead and the facts of a property, stored as JSON beside the text.

Texts are read by `matching.reading`, on which this package does not depend: callers pass the results. The API reads the
texts that it stores at once; the worker reads the others (imports, rows of an older grammar) before it scores them.

A wish is a row ``{"kind", "value", "strength", "source", "quote", "start", "end", "struck"}``. *source* is "stated" for
a wish that a client sent, and "text" for one that was read; *quote* is the text's own words. A struck wish was misread
according to its owner: it is shown, but has no effect, as long as the words are unchanged. A fact is a row ``{"kind",
"value", "quote", "start", "end"}``.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from models.core.enums import PaymentMethod

Row = dict[str, Any]

STATED, READ = "stated", "text"

#: Structured fields of the portal's form, by the kind of fact.
_FORM_FACTS = {
    "ceiling_height": "ceiling_height",
    "living_area": "living_area",
    "bathrooms": "bathrooms",
    "bedrooms": "bedrooms",
    "kitchen_area": "kitchen_area",
    "ceiling_m": "ceiling_height",
}


def merged_wishes(
    before: Sequence[Row], read: Sequence[Row], stated: Sequence[Row] | None = None, struck: Iterable[Row] = ()
) -> list[Row]:
    """
    The wishes to be stored with a lead: what is stated, then what was read.

    Args:
        before: The stored rows; a struck wish stays struck as long as its words are unchanged.
        read: The wishes read from the present text.
        stated: The wishes that the client sent; None keeps the ones stated before.
        struck: The readings that the client strikes out, as rows with `kind` and `quote`.
    """
    if stated is None:
        stated = [row for row in before if row["source"] == STATED]
    struck_keys = {_name(row) for row in before if row.get("struck")} | {_name(row) for row in struck}
    return [
        *(
            {**_bare(row), "source": STATED, "quote": None, "start": None, "end": None, "struck": False}
            for row in stated
        ),
        *({**row, "source": READ, "struck": _name(row) in struck_keys} for row in read),
    ]


def with_struck(rows: Sequence[Row], kind: str, quote: str, struck: bool) -> list[Row]:
    """The rows with one reading struck out, or restored."""
    name = _name({"kind": kind, "quote": quote})
    return [{**row, "struck": struck} if row["source"] == READ and _name(row) == name else dict(row) for row in rows]


def effective_wishes(
    rows: Sequence[Row], payment_method: PaymentMethod | str | None = None
) -> list[tuple[str, Any, str]]:
    """
    (kind, value, strength) of the effective wishes. A stated wish replaces a read wish of the same kind. A payment
    method is a wish for homes that can be paid for in this way.

    >>> effective_wishes([], PaymentMethod.MORTGAGE)
    [('mortgage', True, 'wish')]
    """
    stated = {row["kind"] for row in rows if row["source"] == STATED}
    wishes = [
        (row["kind"], row["value"], row["strength"])
        for row in rows
        if not row["struck"] and (row["source"] == STATED or row["kind"] not in stated)
    ]
    by_payment = {"MORTGAGE": "mortgage", "EXCHANGE": "exchange"}.get(str(payment_method or ""))
    if by_payment is not None and by_payment not in {kind for kind, _, _ in wishes}:
        wishes.append((by_payment, True, "wish"))
    return wishes


def effective_facts(row: Any) -> dict[str, Any]:
    """
    The facts of a Property, or of a row with its columns, by kind: fields take precedence over a feed's facts, and
    these over read facts.
    """
    facts = {fact["kind"]: fact["value"] for fact in row.read_facts or ()}
    facts |= row.facts or {}
    facts |= _form_facts(row.attributes or {})
    if row.floor is not None:
        facts["floor"] = row.floor
    if row.total_floors is not None:
        facts["house_floors"] = row.total_floors
    # «На первом этаже магазин» with a fifth floor in the fields refers to the house.
    follows = {
        "first_floor": None if row.floor is None else row.floor <= 1,
        "last_floor": None if None in (row.floor, row.total_floors) else row.floor == row.total_floors,
    }
    facts |= {kind: value for kind, value in follows.items() if kind in facts and value is not None}
    if row.year_built is not None:
        facts["year_built"] = row.year_built
    if str(row.property_type) == "APARTMENTS":
        facts["apartments"] = True
    elif str(row.property_type) == "APARTMENT":
        facts.setdefault("apartments", False)
    if str(row.property_type) == "ROOM":
        facts["room"] = True
    return facts


def contradictions(row: Any) -> list[Row]:
    """Facts in which a property's text contradicts its fields; the fields win."""
    facts = effective_facts(row)
    return [fact for fact in row.read_facts or () if facts.get(fact["kind"]) != fact["value"]]


def _form_facts(attributes: Mapping[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for field, kind in _FORM_FACTS.items():
        number = _number(attributes.get(field))
        if number is not None and number > 0:
            facts[kind] = number
    lifts = _number(attributes.get("lifts_per_entrance"))
    if lifts is not None:
        facts["lift"] = lifts > 0
    return facts


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(Decimal(str(value)))
    except ArithmeticError:
        return None


def _name(row: Row) -> tuple[str, str]:
    return row["kind"], (row.get("quote") or "").casefold()


def _bare(row: Row) -> Row:
    return {"kind": row["kind"], "value": row["value"], "strength": row.get("strength") or "wish"}
