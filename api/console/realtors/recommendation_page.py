"""A lead's ranked properties, a property's ranked leads, and likes and dislikes: one page for both sides."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask import Response, jsonify, render_template, request
from markupsafe import Markup
from sqlalchemy import ARRAY, BigInteger, Select, any_, bindparam, func, select

from api.console.kit.access import visitor
from api.console.kit.i18n import OUTCOMES, translate, translate_error
from api.console.kit.pages import back, listed, page_number, wants_json, wants_part
from api.console.kit.row_ids import id_in
from api.console.kit.score_reasons import count_reasons, render_reasons
from api.console.kit.undo_tokens import undo_of_action
from api.http.db import session
from api.http.explanations import explanations_of_pairs
from api.http.shown_lists import count_shown
from models.accounts.users import short_name
from models.agenda.following import new_ids, visit_lead
from models.agenda.history import homes_by_id
from models.agenda.shortlist import shortlisted
from models.core.amount_words import Bound, Unit
from models.core.amounts import Amount, read_amount, read_number
from models.core.enums import ActionKind, MatchStatus, NegotiationStatus, Side, Status
from models.core.errors import InvalidValueError
from models.core.numbers import UnreadableError
from models.core.rooms import read_rooms
from models.deals.match_table import Match
from models.deals.matches import Action, act
from models.deals.recommendation_pages import Recommended, brief_list, recommended_page
from models.deals.similar_units import AlikeUnits, group_alike
from models.deals.undoing import count_disliked, disliked_by
from models.market.facts import converted, market_factors
from models.market.leads import Lead
from models.market.properties import Property
from models.market.shown_addresses import EXACT, precision_of, shown_location, shown_street
from models.platform.prepared_statements import PREPARED
from models.ranking.recommendations import LIST_LENGTH, SIDE_TABLES

PER_PAGE = 20
SIZES = (20, 50, 100)


@dataclass(frozen=True)
class Card:
    """One entry of a list with its reasons."""

    entry: Recommended
    lead: Lead
    property: Property
    reasons_html: Markup  #: The reasons behind the score.
    reason_counts: Markup  #: How many of them speak for the pair and against it.
    alike: int = 0  #: The number of similar units in its building, which a link shows.


def list_page(side: Side, own_row: Lead | Property, **more: Any) -> str:
    """The page of one ranked list with the query's filters, which are applied to the whole list.

    Similar units of one building share a card; `?alike=ID` shows the units of that property's card one by one.
    """
    if request.args.get("show") == "aside":
        return _aside_page(side, own_row, **more)
    # Read before the entries: after an action in between, the stamp is too old and the page is requested once more.
    state = list_state(side, own_row)
    requested = request.args.get("size", "")
    size = int(requested) if requested in map(str, SIZES) else PER_PAGE
    filters = _filters(side)
    if filters.words or size >= LIST_LENGTH:
        recommended = recommended_page(session(), side, own_row.id, page=1, limit=LIST_LENGTH)
    else:
        recommended = brief_list(session(), side, own_row.id)
    passing = _passing(recommended.entries, side, own_row, filters)
    starred, gone = _shortlist(side, own_row, recommended.entries)
    if request.args.get("shortlist"):
        passing = [entry for entry in passing if entry.row.id in starred]
    groups, alike = _groups(side, passing)
    pages = max(1, -(-len(groups) // size))
    page = min(page_number(), pages)
    shown = _with_whole_rows(side, groups[(page - 1) * size : page * size])
    if not wants_part():
        count_shown(side, own_row.id, len(shown))
    return render_template(
        "console/pairs.html",
        part=wants_part(),
        side=side.value,
        own_row=own_row,
        cards=_cards(side, own_row, shown),
        total=recommended.total,
        starred=starred,
        fresh=_fresh(side, own_row),
        gone=gone,
        fitting=sum(1 + len(group.others) for group in groups),
        alike=alike,
        aside=count_disliked(session(), side, own_row.id),
        **state,
        page=page,
        pages=pages,
        size=size,
        filters=request.args,
        filter_errors=filters.errors,
        **more,
    )


def list_state(side: Side, own_row: Lead | Property) -> dict[str, Any]:
    """
    A list's state: `stamp` changes whenever the page would; `follows`: whether the list is older than its owner's row,
    and so about to be replaced.
    """
    named = {"row_id": own_row.id, "side": side}
    row = session().execute(_STATES[side], named, execution_options=PREPARED).one_or_none()
    if row is None:
        return {"stamp": f"{own_row.version}-none", "follows": False}
    changed_in, version, count = row
    follows = own_row.status is Status.ACTIVE and version != own_row.version
    return {"stamp": f"{own_row.version}-{changed_in}-{count}", "follows": follows}


def _state_query(side: Side) -> Select[Any]:
    """Select (changed_in, version, number of its side's actions) of the list of :row_id."""
    _, lists, key, _ = SIDE_TABLES[side]
    row_id = bindparam("row_id", type_=BigInteger)
    acted = Action.lead_id if side is Side.LEAD else Action.property_id
    actions = select(func.count()).where(acted == row_id, Action.side == bindparam("side")).scalar_subquery()
    return select(lists.changed_in, lists.version, actions).where(key == row_id)


#: Built once, and planned once per connection.
_STATES = {side: _state_query(side) for side in Side}


def _fresh(side: Side, own_row: Lead | Property) -> set[int]:
    """Ids of recommendations that are new since the last visit; opening the page counts as a visit."""
    if not isinstance(own_row, Lead):
        return set()
    return new_ids(session(), own_row.id) if wants_part() else visit_lead(session(), own_row)


def _shortlist(side: Side, own_row: Lead | Property, entries: list[Recommended]) -> tuple[set[int], list[Property]]:
    """The ids on a lead's shortlist; with that filter, also homes that are no longer in the list."""
    if side is not Side.LEAD:
        return set(), []
    starred = shortlisted(session(), own_row.id)
    if not request.args.get("shortlist"):
        return starred, []
    listed = {entry.row.id for entry in entries}
    return starred, list(homes_by_id(session(), starred - listed).values())


def _aside_page(side: Side, own_row: Lead | Property, **more: Any) -> str:
    """Disliked entries of a lead or property, latest first, each with a button to undo the dislike."""
    rows, pager = listed(disliked_by(side, own_row.id), PER_PAGE)
    entries = [
        (
            row,
            moment,
            undo_of_action(side, own_row.id, row.id) if side is Side.LEAD else undo_of_action(side, row.id, own_row.id),
        )
        for row, moment in rows
    ]
    return render_template("console/aside.html", side=side.value, own_row=own_row, entries=entries, **pager, **more)


def act_on_pair(side: Side, lead_id: int, property_id: int, back_to: str) -> Response:
    """Like or dislike, and answer the calling script or form."""
    kind = request.form.get("action", "")
    if kind not in list(ActionKind):
        raise InvalidValueError("action", "recommendation.choose_action")
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
    outcome = _outcome(ActionKind(kind), match)
    undo = undo_of_action(side, lead_id, property_id) if outcome in ("disliked", "liked") else None
    if wants_json():
        return jsonify(
            message=translate(OUTCOMES[outcome]),
            key=outcome,
            undo=undo,
            match_id=match and str(match.id),
            status=match and match.status.value,
        )
    return back(back_to, outcome, undo=undo)


def page_of_action(usual: str) -> str:
    """The page from which a pair was liked or disliked: the board of matches, one match, or the *usual* list."""
    origin = request.form.get("from", "")
    if origin == "board":
        return "/console/matches"
    match_id = id_in(origin)
    return usual if match_id is None else f"/console/matches/{match_id}"


def _outcome(kind: ActionKind, match: Match | None) -> str:
    if kind is ActionKind.DISLIKE or match is None:
        return "disliked"
    if match.status is not MatchStatus.ACCEPTED:
        return "liked"
    return "agreed" if match.negotiation_status is NegotiationStatus.AGREED else "matched"


def _commission(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        value = read_number(text, Unit.PERCENT)
    except UnreadableError as error:
        raise error.at("commission") from None
    if value > 100:
        raise InvalidValueError("commission", "commission.not_per_cent")
    return round(value, 2)


def _groups(side: Side, entries: list[Recommended]) -> tuple[list[AlikeUnits], bool]:
    """Groups of entries that share a card; and whether the page shows the units of one card one by one."""
    if side is not Side.LEAD:
        return [AlikeUnits(entry, []) for entry in entries], False
    groups = group_alike(entries)
    ids = request.args.get("alike", "")
    for best, others in groups:
        if others and ids in (str(entry.row.id) for entry in (best, *others)):
            return [AlikeUnits(entry, []) for entry in (best, *others)], True
    return groups, False


def _with_whole_rows(side: Side, groups: list[AlikeUnits]) -> list[AlikeUnits]:
    """The groups with the whole rows of their best entries, without those that were deleted meanwhile."""
    table: Any = SIDE_TABLES[side.other].entities
    brief = [group.best.row.id for group in groups if not isinstance(group.best.row, table)]
    if not brief:
        return groups
    rows = session().scalars(_WHOLE_ROWS[side.other], {"row_ids": brief}, execution_options=PREPARED)
    by_id = {row.id: row for row in rows}
    return [
        AlikeUnits(group.best._replace(row=by_id[group.best.row.id]), group.others)
        for group in groups
        if group.best.row.id in by_id
    ]


_WHOLE_ROWS: dict[Side, Select[Any]] = {
    side: select(table).where(table.id == any_(bindparam("row_ids", type_=ARRAY(BigInteger))))
    for side, table in ((Side.LEAD, Lead), (Side.PROPERTY, Property))
}


def _cards(side: Side, own_row: Lead | Property, groups: list[AlikeUnits]) -> list[Card]:
    rows: list[Any] = [group.best.row for group in groups]
    leads, properties = ([own_row], rows) if isinstance(own_row, Lead) else (rows, [own_row])
    explained = explanations_of_pairs(session(), leads, properties)
    cards = []
    # Only for one lead with many homes; the leads of one home differ from each other.
    wishes: dict[str, str] | None = {} if isinstance(own_row, Lead) else None
    for (entry, others), row, explanation in zip(groups, rows, explained, strict=True):
        lead, listing = (own_row, row) if isinstance(own_row, Lead) else (row, own_row)
        reasons = render_reasons(lead, listing, explanation, wishes_in_words=wishes)
        cards.append(Card(entry, lead, listing, reasons, count_reasons(explanation), len(others)))
    return cards


@dataclass
class Filters:
    """The query's filters; unreadable ones filter nothing and are reported in *errors*."""

    score: Decimal | None = None
    price: Amount | None = None
    rooms: list[int] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


def _filters(side: Side) -> Filters:
    filters = Filters(words=request.args.get("q", "").casefold().split())
    bound = Bound.HIGH if side is Side.LEAD else Bound.LOW
    readers: dict[str, Callable[[str], Any]] = {
        "score": lambda text: read_number(text, end=Bound.LOW),
        "price": lambda text: read_amount(text, end=bound),
        "rooms": read_rooms,
    }
    for name, read in readers.items():
        text = request.args.get(name, "").strip()
        try:
            if text:
                setattr(filters, name, read(text))
        except UnreadableError as error:
            filters.errors[name] = translate_error(error)
    return filters


def _passing(entries: list[Recommended], side: Side, own_row: Lead | Property, filters: Filters) -> list[Recommended]:
    """The entries that pass the filters."""
    limit = filters.price
    factors = market_factors(session(), own_row.city_key) if limit is not None and limit.value else {}
    kept = []
    for entry in entries:
        row: Any = entry.row
        cost = row.price if side is Side.LEAD else row.budget_max
        counts = [row.rooms] if side is Side.LEAD else row.rooms
        if filters.score is not None and entry.match_score < filters.score:
            continue
        if limit is not None and limit.value and cost is not None:
            price = converted(cost, row.currency, limit.currency or own_row.currency, factors)
            if price is not None and (price > limit.value if side is Side.LEAD else price < limit.value):
                continue
        if filters.rooms and not set(filters.rooms) & set(counts):
            continue
        if filters.words and not all(each in _text(row) for each in filters.words):
            continue
        kept.append(entry)
    return kept


def _text(row: Lead | Property) -> str:
    parts: tuple[str | None, ...]
    if isinstance(row, Property):
        precision = precision_of(row, EXACT)
        address = (shown_street(row, precision), *shown_location(row, precision))
        parts = (row.district, row.metro_station, *address, row.title, row.description)
    else:
        parts = (short_name(row.client_name), row.additional_requirements, *row.districts, *row.metro_stations)
    return " ".join(filter(None, parts)).casefold()
