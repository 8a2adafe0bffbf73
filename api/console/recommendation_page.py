"""A lead's ranked properties, a property's ranked leads, and what a realtor says about one: one page, two sides."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Response, jsonify, render_template, request
from markupsafe import Markup

from api.console import forms
from api.console.access import visitor
from api.console.i18n import SAID, say
from api.console.pages import back, page_number, wants_json
from api.console.score_reasons import why
from api.http.db import session
from api.http.explanations import explanations_of_pairs
from models.accounts.users import short_name
from models.core.enums import ActionKind, MatchStatus, NegotiationStatus, Side
from models.core.errors import InvalidValueError
from models.deals.matches import Match, act
from models.deals.recommendation_pages import Recommended, recommended_page
from models.market.leads import Lead
from models.market.properties import Property
from models.ranking.recommendations import LIST_LENGTH

PER_PAGE = 20
SIZES = (20, 50, 100)


@dataclass(frozen=True)
class Card:
    """One entry of a list with its reasons."""

    entry: Recommended
    lead: Lead
    property: Property
    why: Markup  #: The reasons behind the score.


def list_page(side: Side, mine: Lead | Property, **more: Any) -> str:
    """The page of one ranked list, filtered as the query asks. A list is short, so it is filtered whole."""
    found = recommended_page(session(), side, mine.id, page=1, limit=LIST_LENGTH)
    wanted = _wanted(found.entries, side)
    size = int(request.args.get("size", PER_PAGE)) if request.args.get("size") in map(str, SIZES) else PER_PAGE
    pages = max(1, -(-len(wanted) // size))
    page = min(page_number(), pages)
    shown = wanted[(page - 1) * size : page * size]
    return render_template(
        "console/pairs.html",
        side=side.value,
        mine=mine,
        cards=_cards(side, mine, shown),
        total=found.total,
        fitting=len(wanted),
        page=page,
        pages=pages,
        size=size,
        filters=request.args,
        **more,
    )


def act_on_pair(side: Side, lead_id: int, property_id: int, back_to: str) -> Response:
    """Like or dislike, as the form says, and answer the script or the form that asked."""
    kind = request.form.get("action", "")
    if kind not in list(ActionKind):
        raise InvalidValueError("action", "Choose like or dislike.")
    match = act(
        session(),
        visitor(),
        side,
        lead_id=lead_id,
        property_id=property_id,
        kind=ActionKind(kind),
        proposed_commission=_commission(request.form.get("commission", "")),
        notes=None,
    )
    said = _said(ActionKind(kind), match)
    if wants_json():
        return jsonify(
            said=say(SAID[said]), key=said, match_id=match and str(match.id), status=match and match.status.value
        )
    return back(back_to, said)


def _said(kind: ActionKind, match: Match | None) -> str:
    if kind is ActionKind.DISLIKE:
        return "disliked"
    if match.status is not MatchStatus.ACCEPTED:
        return "liked"
    return "agreed" if match.negotiation_status is NegotiationStatus.AGREED else "matched"


def _commission(text: str) -> Decimal | None:
    if not text.strip():
        return None
    value = forms.number_of(text)
    if value is None or not 0 <= value <= 100:
        raise InvalidValueError("commission", "The commission is a number of per cent from 0 to 100.")
    return round(Decimal(str(value)), 2)


def _cards(side: Side, mine: Lead | Property, entries: list[Recommended]) -> list[Card]:
    rows = [entry.row for entry in entries]
    leads, properties = ([mine], rows) if side is Side.LEAD else (rows, [mine])
    explained = explanations_of_pairs(session(), leads, properties)
    cards = []
    for entry, explanation in zip(entries, explained, strict=True):
        lead, found = (mine, entry.row) if side is Side.LEAD else (entry.row, mine)
        cards.append(Card(entry, lead, found, why(lead, found, explanation)))
    return cards


def _wanted(entries: list[Recommended], side: Side) -> list[Recommended]:
    """The entries that pass the filters of the query; a filter that is no number filters nothing."""
    least, price = _number("score"), _number("price")
    rooms = request.args.get("rooms", "")
    words = request.args.get("q", "").casefold().split()
    kept = []
    for entry in entries:
        cost = entry.row.price if side is Side.LEAD else entry.row.budget_max
        counts = [entry.row.rooms] if side is Side.LEAD else entry.row.rooms
        if least is not None and entry.match_score < least:
            continue
        if price is not None and cost is not None and (cost > price if side is Side.LEAD else cost < price):
            continue
        if rooms.isdecimal() and int(rooms) not in counts:
            continue
        if words and not all(each in _text(entry.row) for each in words):
            continue
        kept.append(entry)
    return kept


def _text(row: Lead | Property) -> str:
    if isinstance(row, Property):
        parts = (row.district, row.metro_station, row.street, row.location, row.title, row.description)
    else:
        parts = (short_name(row.client_name), row.additional_requirements, *row.districts, *row.metro_stations)
    return " ".join(filter(None, parts)).casefold()


def _number(name: str) -> float | None:
    value = forms.number_of(request.args.get(name, ""))
    return value if value is not None and value > 0 else None
